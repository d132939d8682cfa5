"""Test questions that the program itself shows to its models: in a prompt, or among its worked examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tgl.diagnostics import Diagnostic, Label, report
from tgl.evaluate import Splits
from tgl.ir import ChoiceRef, Const, Expr, ListOf, Op, Options, ProgramIR, TextPlace
from tgl.runtime import ShotsTable, shown_text
from tgl.semantics import spots
from tgl.text import SourceFile, Span

SHORTEST = 12
"""Characters of a given field that are too many to stand in a prompt by chance."""


def leaks(
    ir: ProgramIR, splits: Splits, shots: Mapping[str, ShotsTable], sources: Mapping[str, SourceFile]
) -> list[Diagnostic]:
    """Warnings for test questions in prompts (W0851) and among worked examples (W0852).

    Args:
        ir: the program.
        splits: its data.
        shots: its worked examples, by path.
        sources: the files of the program, its own first.
    """
    main = next(iter(sources))

    def label(place: TextPlace, words: str) -> Label:
        return Label(sources[place.source], Span(place.start, place.end), words)

    questions = [{name: flat(str(value)) for name, value in one.items()} for one in splits.test.questions]
    shown: dict[tuple[str, str], TextPlace] = {}
    for what, text, place in prompt_texts(ir, main):
        shown.setdefault((what, flat(text)), place)
    found: list[Diagnostic] = []
    for (what, text), place in shown.items():
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
                    f"the {what} holds {len(inside)} of the test questions, such as “{inside[0]}”",
                    label(place, "shows them to the model"),
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
                    next((label(place, "shows them") for place in shots_places(ir, main, path)), None),
                    hint="take other examples: a model that is shown the answer is not tested",
                )
            )
    return found


def flat(text: str) -> str:
    """A text without differences of case and white space."""
    return " ".join(text.casefold().split())


def prompt_texts(ir: ProgramIR, main: str) -> Iterator[tuple[str, str, TextPlace]]:
    """The texts that prompts are made of, each with what it is, `prompt of role assistant`, and its place."""
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

    for spot in spots(ir.graph, main):
        for alternative in spot.node.alternatives:
            for name, expr in alternative.fields if alternative.kind == "role" else ():
                if name in ("prompt", "system", *alternative.params):
                    for text in texts(expr):
                        yield f"{name} of role `{alternative.what}`", text, spot.met


def shots_places(ir: ProgramIR, main: str, path: str) -> Iterator[TextPlace]:
    """Where the worked examples of a file are shown."""
    for spot in spots(ir.graph, main):
        if any(one.shots is not None and one.shots.path == path for one in spot.node.alternatives):
            yield spot.met
