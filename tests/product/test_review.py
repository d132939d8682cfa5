"""Odd inputs and interruptions, found by reading the commands with distrust."""

from __future__ import annotations

import subprocess

import pytest

from .conftest import PROGRAM, Project

RESOLVED = PROGRAM.replace("~[0.0, 0.8]", "0.8").replace("~1..3", "3").replace("~all", "tiny")

INPUTS = {
    "no UTF-8": b"What is \xff?",
    "half a surrogate pair": rb'{"question": "What is \ud800?"}',
    "a field that is a list": b'{"question": [1]}',
    "nothing": b"",
}


@pytest.mark.parametrize("given", INPUTS.values(), ids=INPUTS)
def test_an_input_that_cannot_be_asked(project: Project, given: bytes) -> None:
    project.write("r.tgl", RESOLVED)
    done = subprocess.run(
        project.command("run", "r.tgl", "--live"),
        cwd=project.folder,
        env=project.environment,
        input=given,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr.decode()
    assert b"error[E0754]" in done.stderr
    assert done.stdout == b""


@pytest.mark.parametrize("given", ["7" * 5000, "[" * 100_000], ids=["long number", "deep list"])
def test_plain_text_that_looks_like_json(project: Project, given: str) -> None:
    project.write("r.tgl", RESOLVED)
    done = project.tglc("run", "r.tgl", stdin=given)
    assert done.returncode == 3
    assert "R0302" in done.stderr, "it is a question like any other, and not recorded"
