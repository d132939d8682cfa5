"""Boxes made by bubblewrap: namespaces of their own for processes, network, mounts, users and the rest.

Inside there are the interpreter, its standard library and the system's libraries, read-only, an empty folder
/tmp in memory, four devices, and nothing else: no /proc, no /etc, no home, no environment.
"""

from __future__ import annotations

import contextlib
import os
import platform
import sys
import sysconfig
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from tgl.sandbox import seccomp
from tgl.sandbox.pair import INSIDE, Started, judge, run_pair
from tgl.sandbox.verdicts import Check, Limits, Verdict

LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib64", "/nix/store")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
PACKAGES = ("site-packages", "dist-packages")
PYTHON = "/python"
APART = ("--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv")
ENVIRONMENT = (
    ("HOME", "/tmp"),
    ("TMPDIR", "/tmp"),
    ("LANG", "C.UTF-8"),
    ("PYTHONHASHSEED", "0"),
    ("PYTHONUTF8", "1"),
    ("LD_LIBRARY_PATH", f"{PYTHON}/lib"),
)


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """Runs programs in bubblewrap.

    Args:
        path: where `bwrap` is.
        version: what it says of itself, "bubblewrap 0.8.0".
        libraries: the folders of libraries that are visible, by the options that make them so.
    """

    path: str
    version: str
    libraries: tuple[str, ...]

    @property
    def root(self) -> str:
        return "/box"

    def describe(self) -> str:
        return f"{self.version}, Python {platform.python_version()}, {judge()}"

    def run(self, check: Check, limits: Limits) -> Verdict:
        return run_pair(self, check, limits).verdict

    @contextlib.contextmanager
    def command(self, limits: Limits, python: list[str]) -> Generator[Started]:
        options = [self.path, *APART]
        for name, value in ENVIRONMENT:
            options += ["--setenv", name, value]
        options += self.libraries
        for device in DEVICES:
            options += ["--dev-bind", device, device]
        options += ["--ro-bind", str(INSIDE), f"{self.root}/tgl/sandbox/inside"]
        options += ["--size", str(limits.files_mb * 2**20), "--tmpfs", "/tmp", "--chdir", "/tmp"]
        options += ["--remount-ro", "/"]
        executable = f"{PYTHON}/bin/{interpreter().name}"
        rules = seccomp.program(platform.machine(), may_start=limits.processes > 1)
        if rules is None:
            yield Started([*options, "--", executable, *python])
            return
        readable, writable = os.pipe()
        try:
            with open(writable, "wb") as sink:
                sink.write(rules)
            yield Started([*options, "--seccomp", str(readable), "--", executable, *python], (readable,))
        finally:
            os.close(readable)


def interpreter() -> Path:
    """The interpreter itself, not a virtual environment's link to it."""
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


def visible_libraries() -> tuple[str, ...]:
    """Options that show the interpreter below /python, and the system's libraries where they are."""
    options: list[str] = []
    for folder in LIBRARIES:
        if os.path.islink(folder):
            options += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            options += ["--ro-bind", folder, folder]
    options += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    program = interpreter()
    options += ["--ro-bind", str(program), f"{PYTHON}/bin/{program.name}"]
    library = Path(sysconfig.get_path("stdlib"))
    home = f"{PYTHON}/{sys.platlibdir}/{library.name}"
    shared = program.parent.parent / "lib"
    if not str(library).startswith("/usr/lib") and shared == library.parent:
        # An interpreter of its own folder brings shared libraries in `lib`, beside the standard library.
        options += ["--ro-bind", str(shared), f"{PYTHON}/lib"]
    else:
        options += ["--ro-bind", str(library), home]
    for packages in PACKAGES:
        if (library / packages).is_dir():
            options += ["--tmpfs", f"{home}/{packages}", "--remount-ro", f"{home}/{packages}"]
    return tuple(options)
