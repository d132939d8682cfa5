"""The sandbox of this machine, tried once before it is trusted."""

from __future__ import annotations

from tgl.sandbox.verdicts import NoSandbox, Sandbox


def find_sandbox(*, accept_unsafe: bool = False) -> Sandbox | NoSandbox:
    """Bubblewrap if a trial run in it succeeds; else, if that is accepted, no isolation; else the reason."""
    raise NotImplementedError
