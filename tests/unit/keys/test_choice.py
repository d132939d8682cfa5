"""Options are read strictly, and each by the same rules: no reply is an A because it has an A in it."""

import re

import pytest

from tgl.ir import KeySpec
from tgl.keys import expected, read_answer

CHOICE = KeySpec(kind="choice", options=("A", "B", "C", "D"))
FORMS = [
    "{}",
    "({})",
    "{}.",
    "{})",
    "**{}**",
    "**({})**",
    "{}. Paris",
    "{}) It is Paris",
    "The answer is {}.",
    "The answer is ({}).",
    "The answer is **{}**.",
    "the answer is {} because Paris is the capital",
    "Answer: {}",
    "**Answer:** {}",
    "Final answer: {}\n",
    "The correct option is {}.",
    "The correct choice is: ({})",
    r"So $\boxed{{{}}}$.",
    r"\boxed{{\text{{({})}}}}",
    "It is a city in France, so I pick ({}).",
    "A river, a lake, a sea: none of them.\n{}",
    "A. B. Smith wrote it in 1900. The answer is {}.",
    "I first thought the answer is A. But no: the answer is {}.",
]
UNREAD = [
    "",
    "   \n",
    "A good question about the capital of France.",
    "A",  # of other options only
    "The answer is a bit tricky.",
    "Answer: A good guess would be Paris.",
    "The answer is A or B.",
    "The answer is (A) or (C).",
    "Either (A) or (B) could be right.",
    "A. London\nB. Paris\nC. Rome\nD. Oslo",
    "A) London B) Paris",
    "Paris is the capital of France.",
    "A. B. Smith wrote this in 1900.",
    "Vitamin C is an acid, and vitamin D is none.",
    "E",
    "The answer is E.",
    "The answer is AB.",
    r"\boxed{A, B}",
    "I am a model. I can't say.",
    "\ud800",
    "\x00" * 50,
    "(" * 5000,
    "answer is " * 5000,
]


def option(text, spec=CHOICE):
    answer = read_answer(spec, text)
    return None if answer is None else answer.key


@pytest.mark.parametrize("letter", "ABCD")
@pytest.mark.parametrize("form", FORMS)
def test_an_option_is_read(form, letter):
    assert option(form.format(letter)) == letter


@pytest.mark.parametrize("text", UNREAD)
def test_what_picks_no_option_is_unread(text):
    spec = KeySpec(kind="choice", options=("B", "C", "D")) if text == "A" else CHOICE
    assert option(text, spec) is None


def test_no_letter_is_easier_to_pick_than_another():
    """A reply with the letters turned round picks the option turned round."""
    for text in [form.format(letter) for form in FORMS for letter in "ABCD"]:
        if "A river" not in text and "A. B." not in text:  # where the prose would change
            assert option(turned(text)) == turned(option(text))


def turned(text):
    return re.sub(r"\b[ABCD]\b", lambda found: "BCDA"["ABCD".index(found[0])], text)


@pytest.mark.parametrize(("text", "letter"), [("b", "B"), ("(c)", "C"), ("  d.  ", "D")])
def test_a_small_letter_counts_where_it_is_the_whole_reply(text, letter):
    assert option(text) == letter


def test_declared_options_are_the_only_ones():
    spec = KeySpec(kind="choice", options=("yes", "no", "not sure"))
    assert option("The answer is not sure.", spec) == "not sure"
    assert option("Yes", spec) == "yes"
    assert option("A", spec) is None


def test_after_is_where_the_option_stands():
    spec = KeySpec(kind="choice", options=("A", "B"), after="Verdict:")
    assert option("The answer is A.\nVerdict: B", spec) == "B"
    assert option("The answer is A.", spec) is None


@pytest.mark.parametrize(
    ("target", "key"),
    [("B", "B"), ("b", "B"), ("(C)", "C"), ("E", None), (1, None), ("", None), ("A or B", None)],
)
def test_a_target_is_one_of_the_options(target, key):
    answer = expected(CHOICE, target)
    assert (None if answer is None else answer.key) == key


def test_a_huge_reply_is_read_from_its_end():
    assert option("A" * 10**6 + "\nThe answer is C.") == "C"
