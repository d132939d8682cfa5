import pytest

from tgl.ir import KeySpec, Reader
from tgl.keys import Answer
from tgl.runtime import read_reply

NUMBER = KeySpec(kind="number", after="Answer:")
TEXT = KeySpec(kind="text", match="normalised")
OPTIONS = ("ok", "not ok", "Cannot tell")


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        (Reader(kind="text"), "  hello \n", "hello"),
        (Reader(kind="text"), " \n", None),
        (Reader(kind="text", after="Sum:"), "a Sum: b Sum: c", "c"),
        (Reader(kind="text", after="Sum:"), "a", None),
        (Reader(kind="number"), "3 of 4", 4.0),
        (Reader(kind="number", low=0, high=10), "10", 10.0),
        (Reader(kind="number", low=0, high=10), "0.0", 0.0),
        (Reader(kind="number", low=0, high=10), "11", None),
        (Reader(kind="number", low=0, high=10), "-1", None),
        (Reader(kind="number", after="Score:"), "Score: 7 of 10", 7.0),
        (Reader(kind="number"), "none", None),
        (Reader(kind="choice", options=OPTIONS), " OK. ", "ok"),
        (Reader(kind="choice", options=OPTIONS), "I cannot tell", "Cannot tell"),
        (Reader(kind="choice", options=OPTIONS), "Not ok!", "not ok"),
        (Reader(kind="choice", options=OPTIONS), "this is not ok", None),
        (Reader(kind="choice", options=OPTIONS), "token", None),
        (Reader(kind="choice", options=OPTIONS, after="->"), "ok -> not ok", "not ok"),
        (Reader(kind="choice", options=OPTIONS), "", None),
    ],
)
def test_readers(reader, text, value):
    assert read_reply(reader, NUMBER, text) == value


@pytest.mark.parametrize(
    ("reader", "key", "text", "value"),
    [
        (Reader(kind="answer"), NUMBER, "Answer: 4.0", Answer("4.0", "4")),
        (Reader(kind="answer"), NUMBER, "4", None),
        (Reader(kind="answer", after="So"), NUMBER, "Answer: 4. So 5", Answer("5", "5")),
        (Reader(kind="answer", after="So"), NUMBER, "Answer: 4", None),
        (Reader(kind="answer"), TEXT, "The Hague.", Answer("The Hague.", "hague")),
    ],
)
def test_an_answer_is_read_by_the_tasks_key(reader, key, text, value):
    assert read_reply(reader, key, text) == value
