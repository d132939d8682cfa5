"""Traps of size and of running what a model wrote: methods.md, "Traps that others fell into"."""

from __future__ import annotations

import ast
import asyncio
import sys
from pathlib import Path

import pytest

import tgl
from tgl.ir import Candidate, Expr, FnNode, Input, KeySpec, ListOf, NodeRef
from tgl.runtime import Executor, Job, RunStatus
from tgl.storage import MemoryStore


def chain(count: int) -> Candidate:
    """Functions that each pass on what the one before said."""
    nodes: list[FnNode] = []
    for place in range(count):
        before: Expr = Input(instance="g", port="question")
        if place:
            before = ListOf(items=(NodeRef(id=f"n{place - 1}"),))
        nodes.append(FnNode(id=f"n{place}", fn="std.reduce:first", inputs=(("xs", before),), guard=None))
    return Candidate(nodes=tuple(nodes), output=NodeRef(id=f"n{count - 1}"))


def run(candidate: Candidate) -> str:
    """What the candidate says to one question, planned and run afresh."""

    async def once() -> str:
        executor = Executor({}, MemoryStore(), key=KeySpec(kind="number"))
        [result] = await executor.run_all([Job(candidate, {"question": "7"})])
        assert result.status is RunStatus.OK
        return result.text

    return asyncio.run(once())


@pytest.mark.slow
def test_a_deep_program_overflows_no_stack() -> None:
    assert run(chain(100_000)) == "7"


def test_time_is_linear_in_nodes() -> None:
    """Counted in function calls, so that no clock decides."""

    def calls(count: int) -> int:
        candidate, seen = chain(count), 0

        def count_call(_frame: object, event: str, _argument: object) -> None:
            nonlocal seen
            seen += event in ("call", "c_call")

        sys.setprofile(count_call)
        try:
            run(candidate)
        finally:
            sys.setprofile(None)
        return seen

    calls(100)  # what is made once is made now
    small, large = calls(500), calls(4000)
    assert large < small * 8 * 1.1


def test_generated_code_is_never_executed_in_the_host() -> None:
    """No `exec`, `eval`, `__import__`, shell or pickle in any module, but in those that run inside a sandbox.

    These are imported by nothing else. `frozen.py` makes constructors, as `dataclasses` does.
    """
    forbidden = {"exec", "eval", "__import__", "execfile"}
    attributes = {
        ("os", "system"),
        ("os", "popen"),
        ("pickle", "loads"),
        ("pickle", "load"),
        ("marshal", "loads"),
    }
    found: list[str] = []
    inside = Path(tgl.__file__).parent / "sandbox" / "inside"
    for path in sorted(Path(tgl.__file__).parent.rglob("*.py")):
        if path.parent == inside:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tgl.sandbox.inside"):
                found.append(f"{path.name}:{node.lineno} {node.module}")
            if not isinstance(node, ast.Call):
                continue
            match node.func:
                case ast.Name(id=name) if name in forbidden and (path.name, name) != ("frozen.py", "exec"):
                    found.append(f"{path.name}:{node.lineno} {name}")
                case ast.Attribute(value=ast.Name(id=module), attr=name) if (module, name) in attributes:
                    found.append(f"{path.name}:{node.lineno} {module}.{name}")
                case _:
                    pass
            shell = [k for k in node.keywords if k.arg == "shell" and getattr(k.value, "value", None) is True]
            found += [f"{path.name}:{node.lineno} shell=True"] if shell else []
    assert found == []
