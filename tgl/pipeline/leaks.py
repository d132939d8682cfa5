"""Test questions that the program itself shows to its models: in a prompt, or among its worked examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tgl.diagnostics import Diagnostic, report
from tgl.evaluate import Splits
from tgl.ir import Alternative, ChoiceRef, Const, Expr, GraphTemplate, ListOf, Op, Options, ProgramIR
from tgl.runtime import ShotsTable, shown_text

SHORTEST = 12
"""Characters of a given field that are too many to stand in a prompt by chance."""


def leaks(ir: ProgramIR, splits: Splits, shots: Mapping[str, ShotsTable]) -> list[Diagnostic]:
    """Warnings for test questions in prompts (W0851) and among worked examples (W0852)."""
    questions = [{name: flat(str(value)) for name, value in one.items()} for one in splits.test.questions]
    shown = [(place, flat(text)) for place, text in dict.fromkeys(prompt_texts(ir))]
    found: list[Diagnostic] = []
    for place, text in shown:
        inside = [
            value
            for one in questions
            for value in dict.fromkeys(one.values())
            if len(value) >= SHORTEST and value in text
        ]
        if inside:
            found.append(
                report(
                    "W0851",
                    f"the {place} holds {len(inside)} of the test questions, such as “{inside[0]}”",
                    hint="leave it out of the prompt, or out of the data: who is shown it is not tested",
                )
            )
    for path, table in shots.items():
        rows = [{name: flat(shown_text(value)) for name, value in row.items()} for row in table.rows]
        known = {tuple(sorted(one.items())) for one in questions}
        names = sorted(questions[0]) if questions else []
        both = [row for row in rows if tuple((name, row.get(name, "")) for name in names) in known]
        if names and both:
            found.append(
                report(
                    "W0852",
                    f"{len(both)} of the {len(rows)} worked examples in {path} are test questions, such as "
                    f"“{both[0][max(names, key=lambda name: len(both[0][name]))]}”",
                    hint="take other examples: a model that is shown the answer is not tested",
                )
            )
    return found


def flat(text: str) -> str:
    """A text without differences of case and white space."""
    return " ".join(text.casefold().split())


def prompt_texts(ir: ProgramIR) -> Iterator[tuple[str, str]]:
    """The texts that prompts are made of, each with where it is: `prompt of role assistant`."""
    domains = {point.address: point.domain for point in ir.choices}

    def texts(expr: Expr) -> Iterator[str]:
        match expr:
            case Const(value=str(text)):
                yield text
            case ChoiceRef(address=address):
                domain = domains[address]
                for option in domain.options if isinstance(domain, Options) else ():
                    yield from texts(option)
            case ListOf(items=parts) | Op(args=parts):
                for part in parts:
                    yield from texts(part)
            case _:
                return

    for alternative in alternatives(ir.graph):
        for name, expr in alternative.fields:
            if name in ("prompt", "system", *alternative.params):
                for text in texts(expr):
                    yield f"{name} of role `{alternative.what}`", text


def alternatives(graph: GraphTemplate) -> Iterator[Alternative]:
    """All roles of a program, nested graphs included."""
    for node in graph.nodes:
        for alternative in node.alternatives:
            if alternative.graph is not None:
                yield from alternatives(alternative.graph)
            elif alternative.kind == "role":
                yield alternative
