"""Answers that are scored by what they mean: what is asked for, and what comes of it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

import pytest

from tgl.evaluate import Example, NotScored, vectors_of
from tgl.evaluate.evaluation import Evaluation, shown
from tgl.ir import KeySpec, ModelSpec
from tgl.keys import Answer, expected, read_answer
from tgl.models import ErrorKind, ModelError, ScriptedModel, TextVector, VectorModel
from tgl.runtime import CallPolicy, Executor, ModelBinding, ModelRefused, RunResult, RunStatus, RuntimeOptions
from tgl.space import vector_program
from tgl.storage import MemoryStore

KEY = KeySpec(kind="embedding", embedder="meaning", similarity=0.9)
SPEC = ModelSpec(name="meaning", provider="openai", id="m", embeds=True)
ANGLES = {"sofa": 0, "couch": 20, "settee": 40, "bread": 90}


class Maker(ScriptedModel):
    """Makes vectors as a function says, and notes of what."""

    def __init__(self, angle: Callable[[str], float]) -> None:
        super().__init__("meaning", lambda _: "")
        self.angle = angle
        self.texts: list[str] = []

    async def vector(self, text: str, *, timeout: float) -> TextVector:
        self.texts.append(text)
        turned = math.radians(self.angle(text))
        values = (math.cos(turned), math.sin(turned))
        return TextVector(values if turned >= 0 else (1.0,), 3, 0.1)


def executor_of(maker: Maker, store: MemoryStore | None = None) -> Executor:
    bound = {"meaning": ModelBinding(SPEC, "meaning", VectorModel(maker, "meaning"))}
    options = RuntimeOptions(live=True, policy=CallPolicy(1))
    return Executor(bound, store or MemoryStore(), key=KEY, options=options)


def pair(answer: str, target: str) -> tuple[Answer, Example]:
    said, wanted = read_answer(KEY, answer), expected(KEY, target)
    assert said is not None
    assert wanted is not None
    return said, Example(0, {"question": "what?"}, wanted, None, "0")


def scored(maker: Maker, *pairs: tuple[Answer, Example], store: MemoryStore | None = None):
    scorer = vectors_of(KEY, executor_of(maker, store))
    return asyncio.run(scorer.scores(pairs))


def by_name(text: str) -> float:
    return ANGLES[text]


def test_what_means_the_same_is_right():
    maker = Maker(by_name)
    pairs = [
        pair("A couch.", "sofa"),
        pair("the settee", "sofa"),
        pair("bread", "sofa"),
        pair("couch", "couch"),
    ]
    graded = scored(maker, *pairs)
    # A settee is like a couch, and not like a sofa: a target is no vote, and nothing joins the two.
    assert [one.score for one in graded] == [1.0, 0.0, 0.0, 1.0]
    assert sorted(maker.texts) == [
        "bread",
        "couch",
        "settee",
        "sofa",
    ]  # each once, equal texts without a vector


def test_the_same_words_need_no_vector():
    maker = Maker(by_name)
    [graded] = scored(maker, pair("THE Sofa!", "sofa"))
    assert (graded.score, graded.judged, maker.texts) == (1.0, None, [])


def test_the_vectors_are_on_the_spend_and_no_part_of_the_cost():
    [graded] = scored(Maker(by_name), pair("couch", "sofa"))
    run = RunResult(RunStatus.OK, Answer("couch", "couch"), "couch", None, "", (), 0.0, ())
    result = shown(run, graded, pair("couch", "sofa")[1])
    assert [use.prompt_tokens for use in result.needed] == [3, 3]
    assert result.calls == ()
    # Nothing in it is left to chance: no interval is wider for it.
    evaluation = Evaluation(vector_program("meaning"), (result,))
    assert (evaluation.repeats, evaluation.score) == (None, 1.0)


def test_the_first_vector_that_was_stored_counts():
    store = MemoryStore()
    [first] = scored(Maker(by_name), pair("couch", "sofa"), store=store)
    changed = Maker(lambda _: 90.0)
    [second] = scored(changed, pair("couch", "sofa"), store=store)
    assert (first.score, second.score, changed.texts) == (1.0, 1.0, [])


def test_vectors_of_two_models_behind_one_name_end_the_command():
    with pytest.raises(NotScored, match=r"(2 and 1|1 and 2) numbers") as caught:
        scored(Maker(lambda text: -1.0 if text == "couch" else 0.0), pair("couch", "sofa"))
    assert caught.value.code == "E0863"


def test_a_vector_that_can_t_be_had_is_a_failed_example():
    def angle(text: str) -> float:
        if text == "couch":
            raise ModelError(ErrorKind.TIMEOUT, "too slow")
        return 0.0

    graded, other = scored(Maker(angle), pair("couch", "sofa"), pair("bread", "sofa"))
    assert (graded.score, other.score) == (0.0, 1.0)
    assert graded.judged is not None
    assert graded.judged.failure == "vector timeout"
    run = RunResult(RunStatus.OK, Answer("couch", "couch"), "couch", None, "", (), 0.0, ())
    assert shown(run, graded, pair("couch", "sofa")[1]).status is RunStatus.FAILED


def test_targets_come_first_and_each_once():
    maker = Maker(by_name)
    scorer = vectors_of(KEY, executor_of(maker))
    asyncio.run(
        scorer.prepare([pair("bread", "sofa")[1], pair("bread", "A sofa")[1], pair("sofa", "couch")[1]])
    )
    assert sorted(maker.texts) == ["couch", "sofa"]


def test_a_model_without_vectors_ends_the_command_before_anything_is_run():
    def angle(_: str) -> float:
        raise ModelError(ErrorKind.NOT_FOUND, "makes no vectors")

    scorer = vectors_of(KEY, executor_of(Maker(angle)))
    with pytest.raises(ModelRefused, match="makes no vectors"):
        asyncio.run(scorer.prepare([pair("bread", "sofa")[1]]))
