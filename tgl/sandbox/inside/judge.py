"""The tests' side: they run here, and the program answers from elsewhere.

The verdict leaves by a pipe that only this process has.
"""

from __future__ import annotations

import builtins
import os
import sys
from types import BuiltinFunctionType, CodeType, FunctionType, GeneratorType, MethodType

from tgl.sandbox.inside.confine import confine
from tgl.sandbox.inside.peer import Ended, Lost, Peer, TooLarge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tgl.sandbox.inside.wire import Value

TESTS = "tests"
LONGEST_TOLD = 1000
"""Code points of a detail: what tests say of a value may be as long as the value."""
CALLABLE = (FunctionType, BuiltinFunctionType, MethodType, type)
ITERATOR = (GeneratorType, map, filter, zip, enumerate, reversed)
OF_INSTANCES = {"getattr", "setattr", "eq", "bool", "str", "repr", "len", "getitem", "iter"}


def main() -> None:
    """Arguments: the channel, then the four limits. Standard input: entry, a line feed, the tests."""
    channel, *limits = map(int, sys.argv[1:])
    report = os.dup(1)
    confine(*limits)
    os.write(report, b"begun\n")
    entry, _, tests = sys.stdin.buffer.read().partition(b"\n")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    outcome, detail = judged(Peer(channel, allowed, refused), tests, entry.decode())
    os.write(report, f"{outcome}\n{detail}".encode("utf-8", "replace"))
    os._exit(0)


def refused(name: str) -> object:
    raise NameError(name)


def allowed(operation: str, operands: list[Value]) -> bool:
    """What the program may do with objects of the tests that it was given.

    It calls functions and reads public attributes. By `__globals__` or `gi_frame` it would reach the verdict.
    """
    target = operands[0]
    if isinstance(target, CALLABLE):
        return operation == "call"
    if isinstance(target, ITERATOR):
        return operation in {"next", "iter"}
    if type(target).__module__ != TESTS or operation not in OF_INSTANCES:
        return False
    return operation not in {"getattr", "setattr"} or not str(operands[1]).startswith("_")


class Names(dict[str, "Value"]):
    """The tests' global names.

    What they don't define is looked up among built-ins, then in the program: a program that defines `abs`,
    `all` or `check` has no part in what the tests mean by it.

    Plain asserts that use no name of the program at all test one that is called like a built-in (`sum`):
    then the program's comes first.
    """

    def __init__(self, peer: Peer, program_first: bool) -> None:
        super().__init__(__name__=TESTS, __builtins__=builtins)
        self.peer = peer
        self.program_first = program_first

    def __missing__(self, name: str) -> Value:
        if name.startswith("__") or (hasattr(builtins, name) and not self.program_first):
            raise KeyError(name)
        try:
            return self.peer.ask("name", name)
        except NameError:
            raise KeyError(name) from None


def judged(peer: Peer, tests: bytes, entry: str) -> tuple[str, str]:
    """The outcome and why."""
    try:
        code = compile(tests, TESTS, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError) as error:
        return "refused", f"the tests are no Python: {error}"
    try:
        if begun(peer) is not None:
            return "not started", "the program's process did not start"
        if (problem := begun(peer)) is not None:
            return problem
        names = Names(peer, program_first=not entry and uses_only_builtins(tests))
        outcome = run(peer, code, names, entry, tests)
    except Lost as loss:
        return lost(loss)
    return outcome if peer.lost is None else lost(peer.lost)


def begun(peer: Peer) -> tuple[str, str] | None:
    """Wait for the program's process to say that it goes on."""
    match peer.receive():
        case ("is", _):
            return None
        case ("raised", "MemoryError", _):
            return "memory", ""
        case ("raised", _, str(text)) | ("ended", str(text)):
            return "error", text
        case _:
            return "error", "it broke the protocol"


def run(peer: Peer, code: CodeType, names: Names, entry: str, tests: bytes) -> tuple[str, str]:
    """Run the tests.

    Raises:
        Lost: the program is gone.
    """
    try:
        exec(code, names)
        if entry:
            if "check" not in names:
                return "refused", "the tests define no `check`"
            names["check"](peer.ask("name", entry))
    except Lost:
        raise
    except MemoryError:
        return "memory", ""
    except BaseException as error:
        if error is peer.raised:
            return "error", f"it raised {told(error)}"
        if isinstance(error, ImportError) and error.name is not None:
            # One that came over the socket has a text alone.
            return "refused", f"the tests import what no box has: {told(error)}"
        return "failed", f"{told(error)}{place(error, tests)}"
    return "passed", ""


def told(error: BaseException) -> str:
    """An exception in few words; a long number has no text, an object of the program may refuse one."""
    name = type(error).__name__
    try:
        text = str(error)[:LONGEST_TOLD]
    except Exception:
        return name
    return name if not text else text if text.startswith(name) else f"{name}: {text}"


def place(error: BaseException, tests: bytes) -> str:
    """The line of the tests that raised."""
    step, line = error.__traceback__, 0
    while step is not None:
        if step.tb_frame.f_code.co_filename == TESTS:
            line = step.tb_lineno
        step = step.tb_next
    lines = tests.decode("utf-8", "replace").splitlines()
    return f" at `{lines[line - 1].strip()}`" if 0 < line <= len(lines) else ""


def lost(loss: Lost) -> tuple[str, str]:
    """The outcome when the program is gone; `lost` is for the outside, which knows how it ended."""
    match loss:
        case TooLarge():
            return "output", str(loss)
        case Ended():
            return "error", str(loss)
        case _:
            return "lost", str(loss)


def uses_only_builtins(tests: bytes) -> bool:
    """Whether all names that tests read are built in, or are their own."""
    import ast

    names = [node for node in ast.walk(ast.parse(tests)) if isinstance(node, ast.Name)]
    own = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    return all(node.id in own or hasattr(builtins, node.id) for node in names)
