"""What a prompt is taken for, and how an answer is written."""

from __future__ import annotations

import json

import pytest

from tgl.models import ChatMessage, ChatRequest, Decoding, Role
from tgl.models.simulated import Chosen, Fields, Profile, Simulation, bank_of, read_request

BANK = bank_of(
    [
        {"question": "What is 12 + 3?", "answer": 15, "kind": "sums", "distractors": [16, 14]},
        {"question": "What is 112 + 3?", "answer": 115, "kind": "sums", "distractors": [116]},
        {"question": "3?", "answer": "three", "distractors": ["four"]},
        {"question": "What is the\n  capital of Peru?", "answer": "Lima", "distractors": ["Cusco", "Quito"]},
    ],
    Fields(),
)
SURE = Profile.model_validate({"ability": {"level": 9}, "errors": {"shared": 0}, "tokens": {"brief": 6}})


def request(text: str, *, system: str = "", shots: int = 0, **more: object) -> ChatRequest:
    turns = (ChatMessage(Role.USER, "q"), ChatMessage(Role.ASSISTANT, "a")) * shots
    opening = (ChatMessage(Role.SYSTEM, system),) if system else ()
    return ChatRequest((*opening, *turns, ChatMessage(Role.USER, text)), Decoding(temperature=0.0), 0, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("What is 12 + 3?", "15"),
        ("Say: What  is\n112 + 3?  Now.", "115"),  # the longest of those that end there
        ("What is 112 + 3? Or rather: What is 12 + 3?", "15"),  # the last one
        ("Tell me: What is the capital of Peru?", "Lima"),
        ("What is 3?", "three"),
        ("What is 12 + 4?", None),
    ],
)
def test_the_question_is_found(text, answer):
    item = read_request(request(text), BANK).item
    assert (None if item is None else item.answers[0]) == answer


@pytest.mark.parametrize(
    ("text", "drafts"),
    [
        ("What is 12 + 3?", ()),
        ("What is 12 + 3?\nAttempt 1: It is 15\nAttempt 2: 16, or 14\nAttempt 3: no idea", (0, 2, -1)),
        ("What is 12 + 3?\nAttempt 1: 14 said one.\nAnswer: 15\nAttempt 2: 115", (0, -1)),
        ("What is 12 + 3?\nEarlier answer: 16\nRewrite it.", (1,)),
        ("What is 12 + 3?\n- Draft 1) 15\n> Answer 2: 14", (0, 2)),
        ("What is the capital of Peru?\nProposed answer: CUSCO!", (1,)),
        ('What is 12 + 3?\nAttempt 1: so\nAnswer: 15\nEnd with "Answer:" and a number up to 16.', (0,)),
        ("The first answer is what counts. What is 12 + 3?", ()),
    ],
)
def test_drafts_are_read(text, drafts):
    assert read_request(request(text), BANK).drafts == drafts


ASK = "What is 12 + 3?"


@pytest.mark.parametrize(
    ("text", "system", "shots", "kind", "marker"),
    [
        (ASK, "", 0, "brief", ""),
        (f'{ASK} End with "Answer:" and the number.', "", 0, "reasoned", "Answer:"),
        (f"{ASK} Write the number after “####”.", "", 0, "reasoned", "####"),
        (f"{ASK} Use this form. Final answer: <number>", "", 0, "reasoned", "Final answer:"),
        (ASK, 'Always end with "Result:".', 0, "reasoned", "Result:"),
        (f"{ASK} Think step by step.", "", 0, "reasoned", ""),
        (f"Q: {ASK}\nA:", "", 0, "brief", ""),
        (ASK, "Think step by step.", 2, "brief", ""),  # worked examples show the form
        (
            f'{ASK}\nProposed answer: 15\nEnd with "Score:" and a number from 1 to 5.',
            "",
            0,
            "grade",
            "Score:",
        ),
        ("Who are you?", "", 0, "text", ""),
    ],
)
def test_what_is_wanted(text, system, shots, kind, marker):
    reading = read_request(request(text, system=system, shots=shots), BANK)
    assert (reading.kind, reading.marker, reading.shots) == (kind, marker, shots)


def test_wording_is_what_is_left_without_question_and_drafts():
    def wording(text: str) -> str:
        return read_request(request(text), BANK).wording

    assert wording(f"Please: {ASK}") == wording("Please: What is 112 + 3?\nAttempt 1: 5")
    assert wording(f"Please: {ASK}") != wording(f"Kindly: {ASK}")


def reply(text: str, *, limit: int | None = None, stop: tuple[str, ...] = (), **more: object) -> str:
    simulation = Simulation(Chosen(name="sure", profile=SURE), BANK)
    made = request(text, **more)  # type: ignore[arg-type]
    decoding = Decoding(temperature=0.0, max_tokens=limit, stop=stop)
    return simulation.reply(ChatRequest(made.messages, decoding, 0, schema=made.schema)).text


def test_an_answer_stands_where_the_prompt_wants_it():
    assert reply(ASK).split("\n")[0] == "15"
    assert reply(ASK, shots=2) == "15"
    assert reply(f"Q: {ASK}\nA:").split("\n")[0] == "15"
    long = reply(f'{ASK} End with "Answer:" and the number.')
    assert long.endswith("\nAnswer: 15")
    assert not any(character.isdigit() for character in long.removesuffix("15"))


def test_a_limit_cuts_the_answer_off_and_a_stop_string_the_rest():
    assert "15" not in reply(f'{ASK} End with "Answer:" and the number.', limit=10)
    assert reply(ASK, stop=("\n",)) == "15"


def test_a_schema_is_followed():
    schema = {
        "type": "object",
        "properties": {
            "answer": {"type": "integer"},
            "words": {"type": "array", "items": {"type": "string"}},
            "sure": {"type": "boolean"},
            "pick": {"enum": ["14", "15"]},
        },
    }
    text = reply(ASK, schema=json.dumps(schema))
    assert json.loads(text) == {"answer": 15, "words": ["15"], "sure": False, "pick": "15"}
