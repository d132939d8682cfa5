"""Whatever a model or a data file says: an answer, or none; no traceback, and no long time."""

import json
import threading

import pytest

from tgl.ir import KeySpec
from tgl.keys import agrees, expected, read_answer
from tgl.keys.mathematics import LONGEST

SPECS = {
    "exact": KeySpec(kind="exact"),
    "text": KeySpec(kind="text", match="normalised"),
    "number": KeySpec(kind="number", tolerance=0.01, relative=True),
    "math": KeySpec(kind="math"),
    "choice": KeySpec(kind="choice", options=("A", "B", "C", "D")),
    "json": KeySpec(kind="json", fields=("a",)),
}
BOMBS = {
    "tower": "9^9^9^9",
    "tower of groups": "2^{2^{2^{100}}}",
    "tower of e": "e^{e^{e^{e^{10}}}}",
    "factorial": "1000000!",
    "factorials": "(((1000!)!)!)!",
    "binomials": r"\binom{2000}{1000}" * 50,
    "fractions": r"\frac" * 300,
    "open brackets": "(" * 1000,
    "nested brackets": "(" * 900 + ")" * 900,
    "nested braces": "{" * 900 + "}" * 900,
    "roots": r"\sqrt{" * 300 + "2" + "}" * 300,
    "roots of roots": r"\sqrt[64]{2}" * 160,
    "sines": r"\sin" * 400 + "x",
    "logarithms": r"\ln" * 600 + "2",
    "texts in texts": r"\text{" * 300 + "}" * 300,
    "currencies": r"\$" * 900 + "5",
    "units": "5" + r"\text{a}" * 200,
    "degrees": "5" + r"^\circ" * 250,
    "long sum of powers": "+1/3^9999" * 200,
    "long product": "(x+1)^{64}" * 180,
    "powers of powers": "((x+1)^{60}+(y+2)^{60})^{60}",
    "equalities": "x=" * 900,
    "inequalities": "a<" * 900 + "b",
    "lists": "1," * 999,
    "matrix": r"\begin{pmatrix}" + "1&" * 900 + r"\end{pmatrix}",
    "division by zero": "1/0",
    "zero by zero": r"\frac{0}{0}",
    "zero power": "0^0",
    "large exponent": "1e9999",
    "larger exponent": "1e99999999999",
    "small exponent": "1e-9999",
    "digits": "9" * 1900,
    "bars": "|" * 1999,
    "dollars": "$" * 1999,
    "not a number": "NaN",
    "infinity": "inf",
    "nothing printable": "\x00\x01",
    "half of a pair": "\ud800",
    "half of a pair in a power": "x^\ud800",
    "half of a pair in a text": "\\text{\ud800 3}",
    "other digits": "٣",
    "subscripts": "_" * 500,
    "JSON, deep": "[" * 5000,
    "JSON, deep object": '{"a":' * 5000,
    "JSON, huge number": '{"a": 1e400}',
    "JSON, long number": '{"a": ' + "9" * 5000 + "}",
    "JSON, not a number": '{"a": NaN}',
}
HUGE = {
    "boxes": r"\boxed{" * 150_000,
    "letters": "a" * 10**6,
    "a box": r"\boxed{" + "9" * 10**6 + "}",
    "a box of braces": r"\boxed{" + "{" * 10**6,
    "answers": "the answer is " * 70_000,
    "hashes": "#### " * 200_000,
    "dollars": "$" * 10**6,
    "lines": "\n" * 10**6,
    "spaces": " " * 10**6,
    "digits": "1" * 10**6,
    "braces": "{" * 10**6,
    "objects": '{"a": 1} ' * 100_000,
    "options": "(A) " * 250_000,
}


def seconds_of_work(run):
    """Whether a call ends within ten seconds: run in a thread, as keys must (no signals)."""
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(10)
    return not thread.is_alive()


TEXTS = BOMBS | HUGE
CHEAP = [
    # A megabyte costs the normal form of a text most of a second: one such case each for the older keys.
    (kind, name)
    for kind in SPECS
    for name in TEXTS
    if name in BOMBS or name == "spaces" or kind in ("math", "choice", "json")
]


@pytest.mark.parametrize(("kind", "name"), CHEAP)
def test_no_text_stops_or_breaks_a_key(kind, name):
    text, found = TEXTS[name], []

    def run():
        found.append((read_answer(SPECS[kind], text), read_answer(SPECS[kind], rf"\boxed{{{text}}}")))
        found.append(expected(SPECS[kind], text))

    assert seconds_of_work(run)
    assert len(found) == 2  # nothing was raised


@pytest.mark.parametrize("kind", SPECS)
@pytest.mark.parametrize(
    "value", ["", "  \n", None, [], ["A"], float("nan"), float("inf"), -float("inf")], ids=repr
)
def test_what_is_no_answer_is_none(kind, value):
    assert expected(SPECS[kind], value) is None


@pytest.mark.parametrize("kind", [kind for kind in SPECS if kind != "json"])
def test_an_object_is_no_target_but_of_json(kind):
    assert expected(SPECS[kind], {"a": 1}) is None


def test_an_answer_beyond_the_longest_is_none():
    assert read_answer(SPECS["math"], rf"\boxed{{{'1+' * (LONGEST // 2)}1}}") is None


def test_numbers_beyond_the_bounds_stay_apart():
    """Where arithmetic gives up, the way it is written decides: nothing is guessed equal."""
    large, larger = (read_answer(SPECS["math"], rf"\boxed{{{text}}}") for text in ("2^{10^6}", "2^{10^6}+1"))
    again = read_answer(SPECS["math"], r"\boxed{2^{10^6}}")
    assert not agrees(large, larger)
    assert agrees(large, again)


@pytest.mark.parametrize("digits", [50, 90, 140, 400, 4000])
def test_long_whole_numbers_differ_in_their_last_digit(digits):
    a, b = (read_answer(SPECS["math"], rf"\boxed{{{10**digits + off}}}") for off in (1, 2))
    if a is None:  # over the longest answer
        assert digits > LONGEST
        return
    assert not agrees(a, b)


def test_a_key_is_the_same_in_every_thread():
    """One working precision: no state is shared that another reading could change."""
    texts = [rf"\sin {n}+\sqrt{{{n}}}^{{1/3}}" for n in range(1, 30)]
    alone = [read_answer(SPECS["math"], rf"\boxed{{{text}}}") for text in texts]
    found = {}

    def run(number):
        found[number] = [read_answer(SPECS["math"], rf"\boxed{{{text}}}") for text in texts]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(found[number] == alone for number in range(4))


@pytest.mark.parametrize(
    ("target", "tolerance", "relative", "right", "wrong"),
    [
        ("100", 0.01, True, ["99", "100", "101"], ["98.99", "101.01", "-100"]),
        ("-100", 0.01, True, ["-99", "-101"], ["-98.9", "100"]),
        ("0", 0.01, True, ["0", "0.0"], ["0.001"]),
        ("0.3", 0.1, False, ["0.2", "0.4", "0.25"], ["0.19", "0.41"]),
        ("5", None, False, ["5", "5.0"], ["5.0001"]),
    ],
)
def test_numbers_agree_within_the_tolerance_bounds_included(target, tolerance, relative, right, wrong):
    spec = KeySpec(kind="number", tolerance=tolerance, relative=relative)
    wanted = expected(spec, target)
    assert [text for text in right if not agrees(read_answer(spec, f"It is {text}"), wanted)] == []
    assert [text for text in wrong if agrees(read_answer(spec, f"It is {text}"), wanted)] == []


@pytest.mark.parametrize(
    ("reply", "right"),
    [
        ('{"name": "Ada", "age": 36}', True),
        ('{"age": 36.0, "name": " Ada ", "more": [1]}', True),
        ('Here it is:\n```json\n{"name": "Ada", "age": 36}\n```', True),
        ('{"name": "Bob", "age": 1} no: {"name": "Ada", "age": 36}', True),
        ('{"name": "Ada", "age": "36"}', False),
        ('{"name": "ada", "age": 36}', False),
        ('{"name": "Ada", "age": 37}', False),
        ('{"name": "Ada", "age": true}', False),
    ],
)
def test_json_answers_are_compared_by_their_fields(reply, right):
    spec = KeySpec(kind="json", fields=("name", "age"))
    for target in ({"age": 36, "name": "Ada", "id": 7}, '{"name": "Ada", "age": 36}'):
        assert agrees(read_answer(spec, reply), expected(spec, target)) is right


@pytest.mark.parametrize(
    "reply", ["", "Ada, 36", '{"name": "Ada"}', '{"name": "Ada", "age": 36', '["Ada", 36]']
)
def test_a_reply_without_the_fields_is_unread(reply):
    assert read_answer(KeySpec(kind="json", fields=("name", "age")), reply) is None


def test_without_fields_all_of_them_count():
    spec = KeySpec(kind="json")
    assert not agrees(read_answer(spec, '{"a": 1, "b": 2}'), expected(spec, {"a": 1}))
    assert agrees(
        read_answer(spec, json.dumps({"b": [1, {"c": None}], "a": 1})),
        expected(spec, {"a": 1, "b": [1, {"c": None}]}),
    )
