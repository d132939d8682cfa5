"""Tests mean over the socket what they mean in one process."""

from __future__ import annotations

import pytest

from tgl.sandbox import Check, Limits, Outcome, Sandbox

LIMITS = Limits(cpu_s=3, wall_s=10.0)

PASS = {
    "plain asserts": ("def add(a, b=2): return a + b", "assert add(1) == 3\nassert add(a=1, b=3) == 4"),
    "values of all kinds": (
        "def f(x): return x",
        "for x in (None, True, 1, -2**70, 1.5, float('inf'), 1j, 'a\\ud800', b'b', (1, [2]), {1: {2}},\n"
        "          frozenset('a')):\n"
        "    assert f(x) == x and type(f(x)) is type(x)\n"
        "import math\nassert math.isnan(f(math.nan))\nassert str(f(-0.0)) == '-0.0'",
    ),
    "the standard library's values": (
        "def f(x): return x",
        "from collections import *\nfrom decimal import Decimal\nfrom fractions import Fraction\n"
        "from datetime import *\n"
        "for x in (Counter('aab'), OrderedDict(a=1), deque([1], 3), Decimal('1.50'), Fraction(1, 3),\n"
        "          date(2026, 1, 2), timedelta(3), range(1, 9, 2), bytearray(b'a')):\n"
        "    assert f(x) == x and type(f(x)) is type(x)",
    ),
    "a named tuple is its tuple": (
        "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(): return P(1, 2)",
        "assert f() == (1, 2)",
    ),
    "an argument changed in place": (
        "def f(xs, d, s, b): xs.sort(); d['a'] = 1; s.add(3); b[0] = 66",
        "xs, d, s, b = [3, 1], {}, {1}, bytearray(b'A')\nf(xs, d, s, b)\n"
        "assert (xs, d, s, b) == ([1, 3], {'a': 1}, {1, 3}, b'B')",
    ),
    "arguments of other kinds changed in place": (
        "def f(q, c, *, xs): q.append(2); c['a'] = -1; del c['b']; xs.append(q)",
        "from collections import *\nq, c, xs = deque([1]), Counter('ab'), []\nf(q, c, xs=xs)\n"
        "assert q == deque([1, 2]) and dict(c) == {'a': -1} and xs == [q]",
    ),
    "a function that comes back": ("def f(x):\n    return lambda y: x + y", "assert f(1)(2) == 3"),
    "a function that is handed over": (
        "def f(g, xs): return [g(x) for x in xs]",
        "assert f(lambda x: x * 2, [1]) == [2]",
    ),
    "a function of the program, handed over": (
        "def g(x): return -x\ndef f(h, x): return h(x)",
        "assert f(g, 1) == -1",
    ),
    "a built-in that is handed over": (
        "def f(g, x): return g(x)",
        "assert f(int, '12') == 12\nassert f(len, 'ab') == 2",
    ),
    "a key of the program": ("def f(x): return -x", "assert sorted([1, 3, 2], key=f) == [3, 2, 1]"),
    "an iterator": (
        "def f(n): yield from range(n)",
        "assert list(f(3)) == [0, 1, 2]\nassert next(f(1)) == 0",
    ),
    "an exception": (
        "def f(x):\n    if x < 0: raise ValueError('negative')\n    raise KeyError(x)",
        "try: f(-1)\nexcept ValueError as error: assert 'negative' in str(error)\nelse: assert False\n"
        "try: f(1)\nexcept KeyError: pass\nelse: assert False",
    ),
    "an exception of its own": (
        "class Bad(ValueError): pass\ndef f(): raise Bad('x')",
        "try: f()\nexcept ValueError: pass\nelse: assert False",
    ),
    "a class": (
        "class Stack:\n    size = 0\n    def __init__(self): self.items = []\n"
        "    def push(self, x): self.items.append(x); return self\n"
        "    def __len__(self): return len(self.items)\n"
        "    def __getitem__(self, at): return self.items[at]\n"
        "    def __eq__(self, o): return self.items == o.items",
        "s = Stack()\ns.push(1).push(2)\ns.size = 5\n"
        "assert len(s) == 2 and s[0] == 1 and s.items == [1, 2] and s.size == 5\n"
        "assert s == Stack().push(1).push(2) and s != Stack() and list(s) == [1, 2]",
    ),
    "a helper and a constant of the program": (
        "import math\nA = [1]\ndef f(): return math.pi",
        "assert f() == math.pi\nassert A == [1]",
    ),
    "a function called like a built-in": (
        "def sum(a, b): return a + b",
        "assert sum(1, 2) == 3\nassert sum(5, 5) == 10",
    ),
    "what stands under main is not run": (
        "def f(): return 1\nif __name__ == '__main__': f = None",
        "assert f() == 1",
    ),
    "a data class": (
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\ndef f(): return P(1)",
        "assert f().x == 1\nassert f() == f()",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PASS)
def test_right_programs_pass(sandbox: Sandbox, name: str) -> None:
    program, tests = PASS[name]
    verdict = sandbox.run(Check(program, tests), LIMITS)
    assert verdict.outcome is Outcome.PASSED, verdict


FAIL = {
    "a wrong value": (
        "def f(x): return x",
        "assert f(1) == 2", "failed", "AssertionError at `assert f(1) == 2`",
    ),
    "the last of many": (
        "def f(x): return x",
        "for x in range(9):\n    assert f(x) < 8", "failed", "assert f(x) < 8",
    ),
    "a wrong type": ("def f(x): return None", "assert f(1) + 1 == 2", "failed", "TypeError"),
    "an exception": ("def f(x): return 1 / 0", "assert f(1) == 2", "error", "ZeroDivisionError"),
    "a missing module": ("import numpy\ndef f(x): return x", "assert f(1) == 1", "error", "numpy"),
    "a built-in of tests stays theirs": (
        "def len(x): return 3\ndef f(x): return []",
        "assert len(f(1)) == 3", "failed", "",
    ),
    "a swallowed exit": (
        "import os\ndef f(x): os._exit(0)",
        "try: f(1)\nexcept: pass", "error", "exit status 0",
    ),
    "a test's message that has no text": (
        "def f(x): return 10 ** 5000",
        "assert f(1) == 2, f(1)", "failed", "AssertionError",
    ),
    "tests that import what is not there": (
        "def f(x): return x",
        "import numpy\nassert f(1) == 1", "refused",
        "the tests import what no box has: ModuleNotFoundError: No module named 'numpy'",
    ),
    "a program that can't import, told late": (
        "def f(x): import numpy",
        "try: f(1)\nexcept ImportError as error: kept = error\n"
        "try: f(2)\nexcept ImportError: raise kept",
        "failed", "numpy",
    ),
    "broken tests": ("def f(x): return x", "assert f(1) ==", "refused", "tests"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAIL)
def test_wrong_programs_fail_with_the_reason(sandbox: Sandbox, name: str) -> None:
    program, tests, outcome, words = FAIL[name]
    verdict = sandbox.run(Check(program, tests), LIMITS)
    assert verdict.outcome.value == outcome, verdict
    assert words in verdict.detail


def test_tests_without_check_are_refused(sandbox: Sandbox) -> None:
    verdict = sandbox.run(Check("def f(): pass", "def test(candidate): pass", "f"), LIMITS)
    assert verdict.outcome is Outcome.REFUSED
    assert "`check`" in verdict.detail


def test_a_long_program_and_many_calls(sandbox: Sandbox) -> None:
    program = "# " + "x" * 300_000 + "\ndef f(x): return x + 1"
    assert sandbox.run(Check(program, "for x in range(2000): assert f(x) == x + 1"), LIMITS).passed
