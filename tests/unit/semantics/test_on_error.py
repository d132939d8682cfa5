"""What tasks, roles and models say about failures and limits, as far as the runtime gets to see it."""

from __future__ import annotations

import pytest

from tgl.emit import resolve_text
from tgl.ir import CallNode, ProgramIR
from tgl.semantics import NO_FILES, check, lower
from tgl.space import mode, resolve
from tgl.text import SourceFile

PROGRAM = """
model smol {{ provider local; weights "s"; {model} }}
role r(question) -> answer {{ prompt "{{{{ question }}}}"; max_tokens 8; {role} }}
graph g(question) {{
  node a : r(temperature: ~[0.1, 0.9]) on smol
  output a
}}
task t {{
  data "d.jsonl"; split train: 1, select: 2, test: 3; given question; expect answer
  {task}
}}
optimize g on t {{ maximize accuracy }}
"""


def program(task: str = "", role: str = "", model: str = "") -> tuple[str, ProgramIR]:
    text = PROGRAM.format(task=task, role=role, model=model)
    checked = check(SourceFile("p.tgl", text), NO_FILES)
    assert checked.problems == ()
    ir = lower(checked).ir
    assert ir is not None
    return text, ir


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", ("score", None, 0.02)),
        ("on_error score: 0", ("score", None, 0.02)),
        ("on_error retry: 0", ("score", 0, 0.02)),
        ("on_error retry: 2, drop: 1%", ("score", 2, 0.01)),
        ("on_error score: 0, drop: 0%", ("score", None, 0.0)),
        ("on_error abort", ("abort", None, 0.02)),
        ("on_error retry: 3, abort", ("abort", 3, 0.02)),
        ("on_error retry: 1, drop: 5%", ("score", 1, 0.05)),
    ],
)
def test_what_follows_a_failed_call(written, expected):
    task = program(task=written)[1].task
    assert task is not None
    assert (task.on_error, task.retries, task.failures) == expected


@pytest.mark.parametrize(
    ("written", "expected"), [("", "fail"), ("on_failure fail", "fail"), ("on_failure absent", "absent")]
)
def test_on_failure_reaches_the_call_and_the_resolved_text(written, expected):
    text, ir = program(role=written)
    checked = check(SourceFile("p.tgl", text), NO_FILES)
    resolution = resolve(ir, mode(ir))
    again = lower(check(SourceFile("p.tgl", resolve_text(checked, ir, resolution)), NO_FILES)).ir
    assert again is not None
    for candidate in (resolution.candidate, resolve(again, {}).candidate):
        [call] = candidate.nodes
        assert isinstance(call, CallNode)
        assert call.on_failure == expected


def test_programs_differ_by_what_a_failure_does():
    digests = {
        resolve(ir, mode(ir)).candidate.digest
        for _, ir in (program(), program(role="on_failure fail"), program(role="on_failure absent"))
    }
    assert len(digests) == 2


def test_models_tell_what_their_server_takes_a_minute():
    spec = program(model="rpm 60; tpm 4k")[1].models[0]
    assert (spec.rpm, spec.tpm) == (60, 4000)
    assert (program()[1].models[0].rpm, program()[1].models[0].tpm) == (None, None)
