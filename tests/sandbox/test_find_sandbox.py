"""Where there is no sandbox, the reason and what to do are said, and nothing runs."""

from __future__ import annotations

import errno
import os
import platform
import shutil
from pathlib import Path

import pytest

from tgl.sandbox import Check, Limits, NoSandbox, Outcome, Sandbox, find_sandbox, pair
from tgl.sandbox.seccomp import MACHINES, program
from tgl.sandbox.unsafe import UnsafeExec


def test_a_sandbox_tells_its_version_and_the_interpreters(sandbox: Sandbox) -> None:
    assert sandbox.describe().startswith("bubblewrap ")
    tests = f"assert f() == {platform.python_version()!r}"
    for box in (sandbox, UnsafeExec()):
        assert f", Python {platform.python_version()}, judge " in box.describe()
        program = "import platform\ndef f(): return platform.python_version()"
        assert box.run(Check(program, tests), Limits()).passed


def test_a_sandbox_that_judges_by_other_rules_has_another_name(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = sandbox.describe()
    shutil.copytree(pair.INSIDE, tmp_path / "inside")
    with open(tmp_path / "inside" / "judge.py", "a") as file:
        file.write("# another rule\n")
    monkeypatch.setattr(pair, "INSIDE", tmp_path / "inside")
    pair.judge.cache_clear()
    try:
        assert sandbox.describe() != before
    finally:
        pair.judge.cache_clear()


def test_a_machine_without_processes_judges_nothing(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pair.tempfile, "NamedTemporaryFile", full)
    verdict = sandbox.run(Check("def f(): pass", "f()"), Limits())
    assert (verdict.outcome, verdict.detail) == (
        Outcome.NOT_STARTED, "no process was started: No space left on device",
    )  # fmt: skip


def test_without_bubblewrap_the_fix_is_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = find_sandbox()
    assert isinstance(found, NoSandbox)
    assert "not installed" in found.reason
    assert "apt-get install bubblewrap" in found.fix
    assert "--unsafe-exec" in found.fix


def installed(folder: Path, script: str) -> None:
    path = folder / "bwrap"
    path.write_text(f"#!/bin/sh\n[ \"$1\" = --version ] && echo 'bubblewrap 9.9' && exit 0\n{script}\n")
    path.chmod(0o755)


FORBIDDEN = "bwrap: No permissions to create new namespace"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (f"echo '{FORBIDDEN}' >&2; exit 1", FORBIDDEN),
        ("exit 0", "trial"),
        ("kill -9 $$", "trial"),
        ("echo passed", "trial"),
    ],
)
def test_a_bubblewrap_that_may_not_work_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, reason: str
) -> None:
    installed(tmp_path, script)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = find_sandbox()
    assert isinstance(found, NoSandbox)
    assert reason in found.reason
    assert "9.9" in found.reason
    assert "namespaces" in found.fix


def test_no_isolation_only_if_it_is_accepted_and_there_is_no_sandbox(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Sandbox
) -> None:
    assert find_sandbox(accept_unsafe=True) == sandbox
    monkeypatch.setenv("PATH", str(tmp_path))
    found = find_sandbox(accept_unsafe=True)
    assert isinstance(found, UnsafeExec)
    assert "NO ISOLATION" in found.describe()


def test_without_isolation_limits_and_verdicts_still_hold() -> None:
    limits = Limits(cpu_s=1, wall_s=5.0, memory_mb=256, output_bytes=1000)
    for text, outcome in (
        ("def f(x): return x * x", Outcome.PASSED),
        ("import os\ndef f(x): os._exit(0)", Outcome.ERROR),
        ("def f(x): print('passed' * 10_000)", Outcome.OUTPUT),
        ("def f(x):\n    y = ['a']\n    while True: y = y + y", Outcome.MEMORY),
        ("def f(x):\n    while True: pass", Outcome.TIMEOUT),
    ):
        assert UnsafeExec().run(Check(text, "assert f(2) == 4"), limits).outcome is outcome, text


@pytest.mark.parametrize("machine", MACHINES)
def test_filters_are_whole_instructions_and_every_jump_lands(machine: str) -> None:
    for may_start in (False, True):
        rules = program(machine, may_start=may_start)
        assert rules is not None
        assert len(rules) % 8 == 0
        count = len(rules) // 8
        for at in range(count):
            code, when_true, when_false = rules[at * 8], rules[at * 8 + 2], rules[at * 8 + 3]
            if code & 7 == 5:
                assert at + 1 + max(when_true, when_false) < count
    assert program("pdp11", may_start=False) is None
