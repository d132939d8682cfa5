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


def test_a_field_that_is_given_twice(project: Project) -> None:
    project.write("r.tgl", RESOLVED)
    done = project.tglc("run", "r.tgl", "--live", "--input", "question=one", "--input", "question=two")
    assert done.returncode == 2
    assert "error[E0754]: `question` is given twice" in done.stderr


@pytest.mark.parametrize("given", ["7" * 5000, "[" * 100_000], ids=["long number", "deep list"])
def test_plain_text_that_looks_like_json(project: Project, given: str) -> None:
    project.write("r.tgl", RESOLVED)
    done = project.tglc("run", "r.tgl", stdin=given)
    assert done.returncode == 3
    assert "R0302" in done.stderr, "it is a question like any other, and not recorded"


TAMPERED = {
    "a block before the one that is read": lambda text: text.replace(
        "measured solve", "measured solve on adds { accuracy 0.999 }\n\nmeasured solve", 1
    ),
    "a figure before the one that is read": lambda text: text.replace(
        "  accuracy", "  accuracy 0.999\n  accuracy", 1
    ),
    "a setting that is not ours": lambda text: text.replace("  accuracy", '  award "best"\n  accuracy', 1),
    "another task": lambda text: text.replace("measured solve on adds", "measured solve on sums", 1),
    "a figure": lambda text: text.replace("n: 40", "n: 41", 1),
    "no hashes": lambda text: text[: text.index("  hashes")] + "}\n",
}


@pytest.mark.slow
def test_verify_accepts_no_block_that_tglc_would_not_have_written(project: Project) -> None:
    assert project.tglc("optimize", "adds.tgl", "--live", "--yes").returncode == 0
    text = project.text("adds.opt.tgl")
    project.write("alone.tgl", text)  # nothing to replay the search from
    done = project.tglc("verify", "alone.tgl")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "one unit" in done.stdout
    for name, change in TAMPERED.items():
        assert change(text) != text, name
        project.write("alone.tgl", change(text))
        assert project.tglc("verify", "alone.tgl").returncode == 1, name


@pytest.mark.slow
def test_verify_tells_when_the_searched_program_is_broken_now(project: Project) -> None:
    assert project.tglc("optimize", "adds.tgl", "--live", "--yes").returncode == 0
    project.write("adds.tgl", PROGRAM.replace("[tiny, big]", "[tiny, bigg]"))
    done = project.tglc("verify", "adds.opt.tgl")
    assert done.returncode == 3, done.stderr
    assert "adds.tgl, which was searched, has errors now" in done.stdout


@pytest.mark.slow
def test_a_store_that_is_named_is_used_or_refused(project: Project) -> None:
    done = project.tglc("optimize", "adds.tgl", "--store", "adds.tgl/store.sqlite")
    assert done.returncode == 3
    assert "R0301" in done.stderr
    assert "--store" in done.stderr
