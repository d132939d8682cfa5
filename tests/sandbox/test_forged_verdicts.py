"""Programs that give a wrong answer and try to be judged right, or to take the judge with them."""

from __future__ import annotations

import dataclasses

import pytest

from tgl.sandbox import Check, Limits, Outcome, Sandbox, Verdict

TESTS = """
def check(candidate):
    assert candidate(2) == 4
    assert abs(candidate(3) - 9) < 1e-6
    assert candidate(4) in [16]
    assert not candidate(5) != 25
    for got, wanted in zip(map(candidate, [6, 7]), [36, 49]):
        assert got == wanted
"""
QUICK = Limits(cpu_s=1, wall_s=5.0, memory_mb=256, output_bytes=100_000, files_mb=1)

WRONG = {
    # The four of the published system: a solution ends the run, never ends, leaves a helper behind for the
    # next one (test_one_run_leaves_nothing_behind_for_the_next), redefines the timeout and the judge.
    "ends a map of the tests as if there were no more cases": (
        "def f(x):\n    if x < 6: return x * x\n    raise StopIteration",
        "error",
    ),
    "exits when imported": ("import sys\nsys.exit(0)", "error"),
    "exits when called": ("import sys\ndef f(x): sys.exit(0)", "error"),
    "endless loop": ("def f(x):\n    while True: pass", "timeout"),
    "redefines the judge": (
        "def check(candidate): pass\ndef abs(x): return 0\n"
        "def time_limit(s): pass\nclass TimeoutException(Exception): pass\ndef f(x): return 0",
        "failed",
    ),
    "redefines the timeout": (
        "import signal, time\nsignal.alarm = signal.setitimer = lambda *a: 0\n"
        "time.monotonic = time.time = lambda: 0\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGALRM, signal.SIG_IGN)\ndef f(x):\n    while True: pass",
        "killed timeout",
    ),
    "os._exit(0) when imported": ("import os\nos._exit(0)", "error"),
    "os._exit(0) when called": ("import os\ndef f(x): os._exit(0)", "error"),
    "atexit": ("import atexit, os\natexit.register(os._exit, 0)\ndef f(x): return 0", "failed"),
    "raises SystemExit's child": ("class Out(SystemExit): pass\ndef f(x): raise Out(0)", "error"),
    "raises KeyboardInterrupt's child": ("class Out(KeyboardInterrupt): pass\ndef f(x): raise Out", "error"),
    "raises BaseException": ("class Out(BaseException): pass\ndef f(x): raise Out", "error"),
    "raises AssertionError": ("def f(x): raise AssertionError", "error"),
    "prints a verdict": ("def f(x): print('begun\\npassed\\n', flush=True)", "failed"),
    "writes a verdict to every descriptor": (
        "import os\ndef f(x):\n"
        "    for fd in range(64):\n"
        "        try: os.write(fd, b'begun\\npassed\\n')\n"
        "        except OSError: pass\n"
        "    return 0",
        "error failed killed lost output",
    ),
    "answers on the socket by itself": (
        "import os, sys\nfrom tgl.sandbox.inside import peer\n"
        "def f(x):\n"
        "    for fd in range(3, 64):\n"
        "        for message in (b's\\0\\0\\0\\6passed', b'N', b't\\0\\0\\0\\2s\\0\\0\\0\\2isN'):\n"
        "            try: os.write(fd, len(message).to_bytes(4, 'big') + message)\n"
        "            except OSError: pass\n",
        "error failed",
    ),
    "equal to everything": (
        "class Yes:\n"
        "    __eq__ = __ge__ = __le__ = __lt__ = __gt__ = lambda self, other: True\n"
        "    __ne__ = lambda self, other: False\n"
        "    __hash__ = lambda self: hash(4)\n"
        "    __sub__ = __rsub__ = __abs__ = __neg__ = lambda self, *other: self\n"
        "def f(x): return Yes()",
        "failed",
    ),
    "an int equal to everything": (
        "class Yes(int):\n    __eq__ = lambda self, other: True\n    __ne__ = lambda self, other: False\n"
        "    __hash__ = int.__hash__\ndef f(x): return Yes(0)",
        "failed",
    ),
    "replaces built-ins": (
        "import builtins\nbuiltins.abs = lambda x: 0\nbuiltins.AssertionError = ValueError\n"
        "builtins.__build_class__ = builtins.exec = builtins.compile = None\ndef f(x): return 0",
        "failed",
    ),
    "walks frames": (
        "import sys\ndef f(x):\n    frame = sys._getframe()\n    while frame:\n"
        "        for name in list(frame.f_globals):\n"
        "            if name in ('check', 'judged', 'run', 'told'): frame.f_globals[name] = lambda *a: None\n"
        "        frame = frame.f_back\n    return 0",
        "failed",
    ),
    "searches memory": (
        "import gc\ndef f(x):\n    for one in gc.get_objects():\n"
        "        if isinstance(one, dict) and 'check' in one: one['check'] = lambda candidate: None\n"
        "    return 0",
        "failed",
    ),
    "takes over the peer": (
        "import sys\npeer = sys._getframe(1).f_locals['peer']\npeer.send(('is', 'ready'))\n"
        "peer.send(('is', 'ready'))\nfor _ in range(99): peer.send(('is', None))\ndef f(x): return 0",
        "error failed",
    ),
    "asks questions for ever": (
        "import sys\npeer = sys._getframe(1).f_locals['peer']\nwhile True: peer.ask('name', 'x')",
        "error",
    ),
    "announces a message without end": (
        "import os\ndef f(x):\n    for fd in range(3, 64):\n        try: os.write(fd, b'\\xff' * 64)\n"
        "        except OSError: pass",
        "output error",
    ),
    "sends two million nested lists": (
        "import os\ndef f(x):\n    data = b'l\\0\\0\\0\\1' * 2_000_000\n"
        "    left = memoryview(len(data).to_bytes(4, 'big') + data)\n"
        "    for fd in range(3, 64):\n"
        "        try:\n            while left: left = left[os.write(fd, left):]\n"
        "        except OSError: pass",
        "error",
    ),
    "sends a terabyte in twenty bytes": (
        "from tgl.sandbox.inside import peer\nwhole = peer.encode\n"
        "def encode(value, out, handle):\n"
        "    if value[:1] == ('is',) and value[1:] != ('ready',):\n"
        "        out += b't\\0\\0\\0\\2s\\0\\0\\0\\2isx\\0\\0\\0\\x09bytearray'\n"
        "        out += b't\\0\\0\\0\\1i\\0\\0\\0\\x0affffffffff'\n"
        "    else: whole(value, out, handle)\n"
        "peer.encode = encode\ndef f(x): return 0",
        "memory",
    ),
    "closes everything": (
        "import os\ndef f(x):\n    os.closerange(0, 64)\n    while True: pass",
        "error timeout",
    ),
    "answers every question before it is asked": (
        "import sys\npeer = sys._getframe(1).f_locals['peer']\npeer.send(('is', 'ready'))\n"
        "def f(x): return 0\npeer.send(('is', f))\n"
        "for answer in (4, 9, 16, 24): peer.send(('is', (answer, [])))",
        "failed",
    ),
    "traces": (
        "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)\ndef f(x): return 0",
        "failed",
    ),
    "kills what it can": (
        "import os, signal\ndef f(x):\n"
        "    for pid in (os.getppid(), 1, -1, 0):\n"
        "        try: os.kill(pid, signal.SIGKILL)\n"
        "        except OSError: pass\n"
        "    return 0",
        "killed error failed",
    ),
    "endless recursion": ("def f(x): return f(x)", "error"),
    "endless recursion without a limit": (
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(x): return f(x)",
        "error memory timeout",
    ),
    "an endless answer": ("def f(x):\n    while True: yield x", "failed"),
    "a huge answer": ("def f(x): return b'a' * 20_000_000", "error output"),
    "a deep answer": ("def f(x):\n    y = []\n    for _ in range(10**5): y = [y]\n    return y", "error"),
    "a crash": ("import ctypes\ndef f(x): ctypes.string_at(0)", "error"),
    "a memory bomb": ("def f(x):\n    y = ['a']\n    while True: y = y + y", "memory"),
    "a memory bomb when imported": ("y = ['a']\nwhile True: y = y + y", "memory"),
    "a number bomb": ("def f(x): return 9 ** 9 ** 9", "timeout memory"),
    "endless output": ("def f(x):\n    while True: print('y' * 1000)", "output"),
    "sleeps": ("import time\ndef f(x): time.sleep(3600)", "timeout"),
    "stops itself": ("import os, signal\ndef f(x): os.kill(os.getpid(), signal.SIGSTOP)", "timeout"),
    "no program": ("def f(x) return", "error"),
    "no text": ("\0", "error"),
    "halves of pairs": ("def f(x): '\ud800'", "error"),
    "no such function": ("def g(x): return x * x", "error"),
    "nothing": ("", "error"),
    "no function": ("f = 4", "failed error"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_program_is_not_judged_right(sandbox: Sandbox, name: str) -> None:
    program, outcomes = WRONG[name]
    limits = dataclasses.replace(QUICK, wall_s=1.0) if outcomes == "timeout" else QUICK
    verdict = sandbox.run(Check(program, TESTS, "f"), limits)
    assert verdict.outcome.value in outcomes.split(), verdict
    assert len(verdict.detail) <= 200


def test_the_same_tests_pass_a_right_program(sandbox: Sandbox) -> None:
    assert sandbox.run(Check("def f(x): return x * x", TESTS, "f"), QUICK).outcome is Outcome.PASSED


HANDED = """
class Node:
    def __init__(self, value): self.value, self._secret = value, 9
    def double(self): return self.value * 2
def gen():
    yield 1
def check(candidate):
    assert candidate(lambda: 1, Node(3), gen()) == []
"""
REACH = """
def f(*given):
    reached = []
    for one in given:
        for name in ('__globals__', '__code__', '__self__', 'gi_frame', '_secret', '__dict__'):
            try:
                getattr(one, name)
                reached.append(name)
            except Exception:
                pass
            try:
                setattr(one, '__class__', None)
                reached.append(name)
            except Exception:
                pass
    return reached
"""


def test_what_tests_hand_over_leads_nowhere(sandbox: Sandbox) -> None:
    assert sandbox.run(Check(REACH, HANDED, "f"), QUICK) == Verdict(Outcome.PASSED)


def test_what_tests_hand_over_can_be_used(sandbox: Sandbox) -> None:
    program = "def f(call, node, gen): return [call(), node.value, node.double(), list(gen)]"
    tests = HANDED.replace("== []", "== [1, 3, 6, [1]]")
    assert sandbox.run(Check(program, tests, "f"), QUICK) == Verdict(Outcome.PASSED)


def test_what_equals_everything_equals_no_expected_value(sandbox: Sandbox) -> None:
    program = (
        "class Yes:\n    __eq__ = lambda self, other: True\n    __hash__ = lambda self: 1\n"
        "    __contains__ = lambda self, x: True\n    __iter__ = lambda self: iter([])\n"
        "def f(): return Yes()"
    )
    for tests in ("assert f() == 1", "assert 1 == f()", "assert f() in [1]", "assert 1 in f()"):
        assert sandbox.run(Check(program, tests), QUICK).outcome is Outcome.FAILED, tests
    assert sandbox.run(Check(program, "assert f() == f()"), QUICK).outcome is Outcome.PASSED


def test_a_member_that_equals_everything_equals_nothing(sandbox: Sandbox) -> None:
    program = (
        "class Yes(str):\n    __eq__ = lambda self, other: True\n    __hash__ = str.__hash__\n"
        "def f(x): return [Yes()]"
    )
    assert sandbox.run(Check(program, "assert f(1) == ['a']"), QUICK).outcome is Outcome.FAILED
    assert sandbox.run(Check(program, "assert f(1) == ['']"), QUICK).outcome is Outcome.PASSED
