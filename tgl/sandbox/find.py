"""The sandbox of this machine, tried once before it is trusted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tgl.sandbox.bubblewrap import Bubblewrap, visible_libraries
from tgl.sandbox.pair import run_pair
from tgl.sandbox.unsafe import UnsafeExec
from tgl.sandbox.verdicts import Check, Limits, NoSandbox, Sandbox

TRIAL = Check("def one():\n    return 1\n", "assert one() == 1")
INSTALL = "install bubblewrap (Debian, Ubuntu: apt-get install bubblewrap; Fedora: dnf install bubblewrap)"
ACCEPT = "or accept with --unsafe-exec that programs written by a model run as you, with all that you may do"
NAMESPACES = (
    "allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces above 0; "
    "Ubuntu 24.04: an AppArmor profile for bwrap; Docker: a seccomp profile with unshare and mount)"
)


def find_sandbox(*, accept_unsafe: bool = False) -> Sandbox | NoSandbox:
    """Bubblewrap if a trial run in it succeeds; else, if that is accepted, no isolation; else the reason."""
    if os.name != "posix":
        return NoSandbox(
            "programs of models can't be run on this system", "use Linux, or macOS with --unsafe-exec"
        )
    found = find_bubblewrap()
    return UnsafeExec() if isinstance(found, NoSandbox) and accept_unsafe else found


def find_bubblewrap() -> Bubblewrap | NoSandbox:
    """Bubblewrap, after one run in it, or why there is none."""
    if not sys.platform.startswith("linux"):
        return NoSandbox("bubblewrap needs Linux", f"run this on Linux, {ACCEPT}")
    path = shutil.which("bwrap")
    if path is None:
        return NoSandbox("bubblewrap (`bwrap`) is not installed", f"{INSTALL}, {ACCEPT}")
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return NoSandbox(f"`bwrap --version` failed: {error}", f"{INSTALL}, {ACCEPT}")
    box = Bubblewrap(path, answer.stdout.strip() or "bubblewrap", visible_libraries())
    ran = run_pair(box, TRIAL, Limits())
    if ran.verdict.passed:
        return box
    said = next((line.strip() for line in ran.printed.splitlines() if line.strip()), ran.verdict.detail)
    return NoSandbox(f"{box.version} is installed, but a trial run failed: {said}", f"{NAMESPACES}, {ACCEPT}")
