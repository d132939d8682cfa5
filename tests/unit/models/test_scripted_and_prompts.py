"""The fake's arithmetic, and prompts for weights without a chat template."""

import asyncio

import pytest

from tgl.models import (
    ChatMessage,
    ChatReply,
    ChatRequest,
    Decoding,
    ErrorKind,
    Finish,
    ModelError,
    Role,
    ScriptedModel,
    Usage,
    resolve,
    share,
    solver,
)
from tgl.models.prompts import PromptTemplate
from tgl.models.scripted import counted

ASKED = (ChatMessage(Role.SYSTEM, "Add."), ChatMessage(Role.USER, "one two three"))


def request(seed=0, **options):
    return ChatRequest(ASKED, Decoding(**options), seed)


@pytest.mark.parametrize(
    ("options", "text", "finish", "completion"),
    [
        ({}, "a b. c d", Finish.STOP, 5),
        ({"stop": ("c",)}, "a b. ", Finish.STOP, 3),
        ({"stop": ("d", ".")}, "a b", Finish.STOP, 3),
        ({"stop": ("x",)}, "a b. c d", Finish.STOP, 5),
        ({"max_tokens": 2}, "a b.", Finish.LENGTH, 2),
        ({"max_tokens": 4}, "a b. c d", Finish.LENGTH, 4),
        ({"max_tokens": 5}, "a b. c d", Finish.STOP, 5),
        ({"max_tokens": 2, "stop": ("b",)}, "a ", Finish.STOP, 2),
        ({"max_tokens": 1, "stop": ("c",)}, "a", Finish.LENGTH, 1),
    ],
)
def test_a_text_is_cut_and_counted(options, text, finish, completion):
    assert counted("a b. c d", request(**options)) == ChatReply(text, finish, Usage(6, completion), 0.0)


def test_a_whole_reply_or_an_error_is_taken_as_it_is():
    whole = ChatReply("x", Finish.REFUSED, Usage(1, 1), 2.0)
    assert asyncio.run(ScriptedModel("m", lambda _: whole).complete(request(), timeout=1.0)) is whole
    error = ModelError(ErrorKind.SERVER, "down")
    model = ScriptedModel("m", lambda _: error)
    with pytest.raises(ModelError, match="down"):
        asyncio.run(model.complete(request(), timeout=1.0))
    assert model.requests == [request()]


def test_a_solver_is_right_as_often_as_told_and_always_the_same():
    say = solver(lambda _: "6", ("5", "6", "7"), 0.7)
    texts = [say(request(seed, temperature=0.8)) for seed in range(2000)]
    assert texts == [say(request(seed, temperature=0.8)) for seed in range(2000)]
    assert 0.65 < texts.count("6") / 2000 < 0.75
    assert 0.1 < texts.count("5") / 2000 < 0.2
    assert {say(request(seed, temperature=0.0)) for seed in range(50)} in ({"5"}, {"6"}, {"7"})


def test_a_share_hangs_on_every_part_of_the_request():
    other = ChatRequest((*ASKED, ChatMessage(Role.ASSISTANT, "")), Decoding(), 0)
    shares = [share(request()), share(request(1)), share(other), share(request(), "label")]
    assert len(set(shares)) == 4
    assert all(0 <= value < 1 for value in shares)


def test_a_base_model_is_asked_as_a_list_of_questions():
    prompt = PromptTemplate(resolve("gemma-3-270m").template, "gemma")
    shots = (ChatMessage(Role.USER, "2+2 {{ 7*7 }}"), ChatMessage(Role.ASSISTANT, "4"))
    expected = "Add.\n\nQuestion: 2+2 {{ 7*7 }}\nAnswer: 4\n\nQuestion: one two three\nAnswer:"
    assert prompt((ASKED[0], *shots, ASKED[1])) == expected
    assert prompt((ASKED[1],)) == "Question: one two three\nAnswer:"


@pytest.mark.parametrize("text", ["{% for %}", "{{ absent.field }}", "{{ messages.__class__.__mro__ }}"])
def test_a_template_that_can_not_be_rendered(text):
    with pytest.raises(ModelError, match="template can't be rendered") as caught:
        PromptTemplate(text, "m")(ASKED)
    assert caught.value.kind is ErrorKind.BAD_REQUEST
