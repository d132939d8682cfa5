import pytest
from hypothesis import given
from hypothesis import strategies as st

from tgl.ir import KeySpec
from tgl.keys import Answer, expected, normalised, number_key, read_answer

EXACT = KeySpec(kind="exact")
TEXT = KeySpec(kind="text", match="normalised")
VERBATIM = KeySpec(kind="text", match="exact")
NUMBER = KeySpec(kind="number")
BEHIND = KeySpec(kind="number", after="Answer:")


def key(spec: KeySpec, text: str) -> str | None:
    answer = read_answer(spec, text)
    return None if answer is None else answer.key


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("  Paris. ", "paris"),
        ("The  United-Kingdom!", "united kingdom"),
        ("Ｐａｒｉｓ", "paris"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("1,000", "1000"),
        ("12,345,678 people", "12345678 people"),
        ("1,2", "1 2"),
        ("1,0000", "1 0000"),
        ("3.50", "3.50"),
        ("-5", "-5"),
        ("−5", "-5"),
        ("+5", "5"),
        ("3-5", "3 5"),
        ("U.S.", "us"),
        ("N'Djamena", "ndjamena"),
        ("red,green", "red green"),
        ("A", "a"),
        ("an apple a day", "apple day"),
        ("C++", "c++"),
        ("...", ""),
    ],
)
def test_normal_form(text, form):
    assert normalised(text) == form


@given(st.text("abcXYZ 019"))
def test_case_spacing_and_end_marks_never_matter(text):
    assert normalised(f"  {text.swapcase().replace(' ', '  ')}.\n") == normalised(text)


@given(st.text())
def test_a_normal_form_is_words_with_single_spaces(text):
    assert normalised(text).split(" ") == (normalised(text).split() or [""])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3", "3"),
        ("3.0", "3"),
        ("003", "3"),
        ("3.", "3"),
        ("it is 7, no: 8.", "8"),
        ("-12", "-12"),
        ("−12", "-12"),
        ("+4", "4"),
        ("3-5", "5"),
        ("x=-2", "-2"),
        ("1,234,567.50", "1234567.5"),
        ("1\u202f000", "1000"),
        ("1,2", "2"),
        (".5", "0.5"),
        ("0.0", "0"),
        ("-0", "0"),
        ("1e3", "1000"),
        ("2.5E-1", "0.25"),
        ("5km", "5"),
        ("12%", "12"),
        ("$4.20", "4.2"),
        ("１２", "12"),
        ("123456789012345678901234567890.10", "123456789012345678901234567890.1"),
        ("H2O", None),
        ("nan", None),
        ("-inf", None),
        ("1e999999999999999999999", None),
        ("1e5000", None),
        ("", None),
    ],
)
def test_last_number(text, found):
    assert key(NUMBER, text) == found


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_equal_numbers_have_one_key_and_others_another(value):
    assert key(NUMBER, str(value)) == key(NUMBER, f"{value}000") == number_key(value)
    assert key(NUMBER, str(value + 1)) != number_key(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_number_of_a_float_is_its_shortest_decimal(value):
    answer = expected(NUMBER, value)
    assert answer is not None
    assert float(answer.key) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_has_no_key(value):
    assert expected(NUMBER, value) is None
    with pytest.raises(ValueError, match="no decimal digits"):
        number_key(value)


@pytest.mark.parametrize(
    ("spec", "text", "found"),
    [
        (BEHIND, "2 + 2. Answer: 4 (not 5)", "4"),
        (BEHIND, "Answer: 3. No. Answer: 4", "4"),
        (BEHIND, "it is 4", None),
        (BEHIND, "Answer: none", None),
        (KeySpec(kind="text", match="normalised", after="A:"), "Q: x\nA: Oslo\nQ: y", "oslo"),
        (KeySpec(kind="exact", after="A:"), "Oslo", None),
        (EXACT, "\n  Oslo \nQuestion: next", "Oslo"),
        (EXACT, "oslo", "oslo"),
        (VERBATIM, "Oslo.", "Oslo."),
        (TEXT, "\n\nThe Hague.\nmore", "hague"),
        (TEXT, " \n ", None),
        (TEXT, "?!", None),
    ],
)
def test_reading_a_reply(spec, text, found):
    assert key(spec, text) == found


def test_the_answer_keeps_what_was_written():
    assert read_answer(TEXT, " The Hague. \n") == Answer("The Hague.", "hague")
    assert read_answer(NUMBER, "so 1,200.0") == Answer("1,200.0", "1200")


@pytest.mark.parametrize(
    ("spec", "value", "found"),
    [
        (NUMBER, 3, "3"),
        (NUMBER, 3.0, "3"),
        (NUMBER, "3", "3"),
        (NUMBER, "#### 1,200", "1200"),
        (NUMBER, True, None),
        (NUMBER, None, None),
        (NUMBER, [3], None),
        (TEXT, "The Hague", "hague"),
        (TEXT, 3, "3"),
        (TEXT, 3.0, "3"),
        (EXACT, True, "true"),
        (TEXT, "", None),
        (BEHIND, "4", "4"),
    ],
)
def test_targets(spec, value, found):
    answer = expected(spec, value)
    assert (None if answer is None else answer.key) == found
