"""The program's side: run it once, then answer for its functions. It never sees a test."""

from __future__ import annotations

import os
import sys
from types import ModuleType

from tgl.sandbox.inside.confine import confine
from tgl.sandbox.inside.peer import Peer, described

NAME = "program"
"""The program's `__name__`: what stands below `if __name__ == "__main__"` does not run, as in HumanEval's
own harness."""
EXIT = os._exit
"""Ends without what the program registers with `atexit`."""


def main() -> None:
    """Arguments: the channel, then the four limits. Standard input: the program."""
    channel, *limits = map(int, sys.argv[1:])
    confine(*limits)
    module = ModuleType(NAME)

    def named(name: str) -> object:
        if name in vars(module):
            return vars(module)[name]
        raise NameError(f"the program defines no `{name}`")

    peer = Peer(channel, lambda operation, operands: True, named)
    peer.send(("is", "begun"))
    source = sys.stdin.buffer.read()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.modules[NAME] = module
    try:
        exec(compile(source, "program", "exec", dont_inherit=True), vars(module))
    except (SystemExit, KeyboardInterrupt) as error:
        peer.send(("ended", f"it raised {type(error).__name__}"))
    except BaseException as error:
        peer.send(("raised", *described(error)))
    else:
        peer.send(("is", "ready"))
        peer.serve()
    finally:
        EXIT(0)
