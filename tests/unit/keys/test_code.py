"""Programs in replies. Each is run: what counts is what the entry answers."""

from __future__ import annotations

import pytest

from tgl.keys import code_key, program_in

PROMPT = '''from typing import List


def double(x):
    return x * 2


def total(xs: List[int]) -> int:
    """ The sum of the doubles.
    >>> total([1])
    2
    """
'''
BODY = "    return sum(double(x) for x in xs)\n"
WHOLE = f"def total(xs: List[int]) -> int:\n{BODY}"

REPLIES = {
    "a body": BODY,
    "a body after a blank line": f"\n{BODY}",
    "a body without the first indentation": (
        "result = 0\n    for x in xs:\n        result += double(x)\n    return result\n"
    ),
    "a body without indentation": "result = 0\nfor x in xs:\n    result += double(x)\nreturn result\n",
    "a body, then more functions": f"{BODY}\n\ndef other(): pass\n",
    "a body, then prose": f"{BODY}\n\nThis works because it's a sum.\n",
    "a body, then tests that fail": f"{BODY}\n# tests\ndef check(x) wrong\n",
    "the function": WHOLE,
    "the prompt and the body": PROMPT + BODY,
    "prose, the function, prose": f"Here you are, import it:\n\n{WHOLE}\nThat's it.\n",
    "a block": f"Sure!\n```python\n{WHOLE}```\nHope it helps.",
    "a block without a language": f"```\n{WHOLE}```",
    "a block with another name of the language": f"``` Python3 title=x\n{WHOLE}```",
    "a block of tildes": f"~~~py\n{WHOLE}~~~\n",
    "a block of four, with three inside": f'````python\n"""\n```\nx\n```\n"""\n{WHOLE}````\n',
    "Windows' line ends": f"```python\n{WHOLE}```\n".replace("\n", "\r\n"),
    "a block in a list": "1. So:\n   ```python\n"
    + "".join(f"   {line}\n" for line in WHOLE.split("\n"))
    + "   ```\n",
    "a draft, then the last one": (
        f"```python\ndef total(xs): return 0\n```\nBetter:\n```python\n{WHOLE}```\n"
    ),
    "the function, then its use": f"```python\n{WHOLE}```\nUse:\n```python\nprint(total([1, 2]))\n```\n",
    "the function, then how to run it": f"```python\n{WHOLE}```\n```bash\npython total.py\n```\n",
    "the function, then a session": f"```python\n{WHOLE}```\n```python\n>>> total([1])\n2\n```\n",
    "the function, then what it prints": f"```python\n{WHOLE}```\n```\n12\n```\n",
    "the function, then a broken one": f"```python\n{WHOLE}```\n```python\ndef total(xs) return\n```\n",
    "a block that is cut off": f"```python\n{WHOLE}\n\ndef other(x):\n    return (x +",
    "a block with the body": f"```python\n{BODY}```",
    "a block with the body, without indentation": "```python\nreturn sum(double(x) for x in xs)\n```",
    "a lambda": "```python\ntotal = lambda xs: sum(map(double, xs))\n```",
    "a future": f"```python\nfrom __future__ import annotations\ndef double(x): return 2 * x\n{WHOLE}```",
    "a helper of its own": (
        "```python\ndef twice(x): return x * 2\ndef total(xs): return sum(map(twice, xs))\n```"
    ),
    "an escape that warns": f"```python\nPATTERN = '\\d'\n{WHOLE}```",
}


@pytest.mark.parametrize("name", REPLIES)
def test_the_program_in_a_reply_works(name: str) -> None:
    program = program_in(REPLIES[name], PROMPT, "total")
    assert program is not None
    names: dict[str, object] = {}
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(program, name, "exec", dont_inherit=True), names)
    assert names["total"]([1, 2, 3]) == 12  # type: ignore[operator]


@pytest.mark.parametrize(
    "reply",
    [
        "",
        " \n\n",
        "I can't do that.",
        "The answer is 12.",
        "def",
        '    """ only a docstring """\n',
        "```python\n```",
        "# x",
    ],
)
def test_no_program(reply: str) -> None:
    assert program_in(reply, PROMPT, "total") is None


def test_a_broken_block_is_the_answer_as_it_stands() -> None:
    assert program_in("```python\ndef total(xs) return\n```", PROMPT, "total") == "def total(xs) return\n"
    assert program_in("```python\ndef other(): pass\n```", PROMPT, "total") == "def other(): pass\n"


def test_without_an_entry_the_last_block_with_a_function() -> None:
    reply = "```python\ndef a(): pass\n```\n```python\ndef b(): pass\n```\n```python\nb()\n```"
    assert program_in(reply, "Write a function.", "") == "def b(): pass\n"
    assert (
        program_in("def a():\n    return 1\nThat is all.", "Write a function.", "")
        == "def a():\n    return 1\n"
    )
    assert program_in("Nothing.", "Write a function.", "") is None


def test_a_prompt_in_words_is_no_code() -> None:
    reply = "```python\ndef f(x):\n    return x\n```"
    assert program_in(reply, "Write a function f.\ndef f(x): gives x", "f") == "def f(x):\n    return x\n"


@pytest.mark.parametrize(
    "text",
    ["(" * 50_000, "```\n" * 20_001, "def f():\n" * 5_000, "x\n" * 50_000, "x\n" * 2_000, "\0", "\ud800"],
)
def test_any_text_is_read_in_time(text: str) -> None:
    program_in(text, PROMPT, "total")
    program_in(f"```python\n{text}\n```", PROMPT, "total")
    code_key(text)


SAME = [
    ("def f(x):\n    return x+1", "def f(x): # add\n\n  '''Adds.'''\n  return (x + 1)\n"),
    ("x = 'a'", 'x = "a"'),
    ("def f():\n    'nothing'", "def f():\n    pass"),
    ("class A:\n    'a'\n    x = 1000", "class A:\n    x = 1_000"),
    ("def f(x) return  \n", "def f(x) return\n"),
]
DIFFERENT = [
    ("def f(x):\n    return x+1", "def f(y):\n    return y+1"),
    ("def f(x):\n    return x+1", "def f(x):\n    return 1+x"),
    ("def f(x):\n    return 'a'", "def f(x):\n    'a'"),
    ("x = 1", "x = 1.0"),
    ("x = 1", "x = True"),
    ("def f(x) return", "def f(y) return"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_layout_comments_and_docstrings_do_not_count(one: str, other: str) -> None:
    assert code_key(one) == code_key(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_everything_else_counts(one: str, other: str) -> None:
    assert code_key(one) != code_key(other)
