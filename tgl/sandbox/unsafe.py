"""No isolation: for a user who said so, where no sandbox is to be had."""

from __future__ import annotations

import contextlib
import os
import platform
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from tgl.sandbox.bubblewrap import interpreter
from tgl.sandbox.pair import INSIDE, Started, judge, run_pair
from tgl.sandbox.verdicts import Check, Limits, Verdict


@dataclass(frozen=True, slots=True)
class UnsafeExec:
    """Runs programs as processes of this user: limits on what they use, none on what they reach."""

    @property
    def root(self) -> str:
        return "box"

    def describe(self) -> str:
        return f"NO ISOLATION (--unsafe-exec), Python {platform.python_version()}, {judge()}"

    def run(self, check: Check, limits: Limits) -> Verdict:
        return run_pair(self, check, limits).verdict

    @contextlib.contextmanager
    def command(self, limits: Limits, python: list[str]) -> Generator[Started]:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            inside = Path(folder, "box", "tgl", "sandbox", "inside")
            inside.parent.mkdir(parents=True)
            inside.symlink_to(INSIDE)
            environment = (
                ("HOME", folder),
                ("TMPDIR", folder),
                ("LANG", "C.UTF-8"),
                ("PATH", os.defpath),
                ("PYTHONHASHSEED", "0"),
                ("PYTHONUTF8", "1"),
            )
            yield Started([str(interpreter()), *python], environment=environment, folder=folder)
