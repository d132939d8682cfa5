"""The equations: frequencies are what docs/simulation.md says, errors go together, chance is repeatable."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean

import pytest

from tgl.models import ChatMessage, ChatRequest, Decoding, Finish, Role
from tgl.models.simulated import (
    Chosen,
    Fields,
    Profile,
    Simulation,
    bank_of,
    chance_of_right,
    item_digest,
    profile_names,
    read_request,
    shipped,
)
from tgl.models.simulated.chance import logistic

QUESTIONS = 1200
EASY = bank_of(
    [{"question": f"Item {n}: which word?", "answer": f"right{n}", "difficulty": 0.0,
      "distractors": [f"wrong{n}x{k}" for k in range(6)]} for n in range(QUESTIONS)],
    Fields(),
)  # fmt: skip


def made(name: str = "m", **parts: object) -> Simulation:
    plain = {"errors": {"shared": 0.0, "prompt": 0.0}, "sampling": {"cost": 0.0, "draws": 0.0}}
    plain |= {"drafts": {"length_cost": 0.0}, "tokens": {"brief": 2, "sigma": 0}}
    for part, values in parts.items():
        plain[part] = {**plain.get(part, {}), **values}  # type: ignore[dict-item]
    return Simulation(Chosen(name=name, profile=Profile.model_validate(plain)), EASY)


def asked(n: int, more: str = "", *, temperature: float = 0.0, seed: int = 0) -> ChatRequest:
    text = EASY.items[n].question + (f"\n{more}" if more else "")
    return ChatRequest((ChatMessage(Role.USER, text),), Decoding(temperature=temperature), seed)


def said(model: Simulation, n: int, more: str = "", *, temperature: float = 0.0, seed: int = 0) -> str:
    return model.reply(asked(n, more, temperature=temperature, seed=seed)).text.split("\n")[0]


def accuracy(model: Simulation, more: str = "", *, temperature: float = 0.0) -> float:
    return fmean(said(model, n, more, temperature=temperature) == f"right{n}" for n in range(QUESTIONS))


def close(share: float, chance: float) -> bool:
    """Within four standard errors."""
    return abs(share - chance) < 4 * (chance * (1 - chance) / QUESTIONS) ** 0.5 + 1e-9


@pytest.mark.parametrize("level", [-1.5, 0.0, 0.8, 2.5])
@pytest.mark.parametrize(
    ("shared", "draws", "temperature"), [(0.0, 0.0, 0.0), (0.6, 0.5, 0.7), (0.3, 0.9, 1.5)]
)
def test_the_share_of_right_answers_is_the_logistic_of_ability(level, shared, draws, temperature):
    model = made(
        ability={"level": level}, errors={"shared": shared, "prompt": 0.1}, sampling={"draws": draws}
    )
    assert close(accuracy(model, temperature=temperature), logistic(level))


def test_temperature_shots_kind_and_discrimination_move_the_margin():
    ability = {"level": 0.5, "kinds": {"hard": -2.0}, "shots": 0.3, "discrimination": 2.0}
    model = made(ability=ability, sampling={"cost": 0.4})
    item = replace(EASY.items[0], difficulty=0.25)

    def chance(request: ChatRequest, **change: str) -> float:
        reading = read_request(request, EASY)
        return chance_of_right(model.chosen, replace(item, **change), reading, request.decoding)

    shots = (ChatMessage(Role.USER, "a"), ChatMessage(Role.ASSISTANT, "b")) * 2
    shown = replace(asked(0), messages=(*shots, *asked(0).messages))
    assert chance(asked(0)) == pytest.approx(logistic(2 * (0.5 - 0.25)))
    assert chance(asked(0, temperature=0.5)) == pytest.approx(logistic(2 * (0.5 - 0.2 - 0.25)))
    assert chance(shown) == pytest.approx(logistic(2 * (0.5 + 0.3 * 1.0986123 - 0.25)))
    assert chance(asked(0), kind="hard") == pytest.approx(logistic(2 * (-2.0 - 0.25)))


def errors_together(shared: float) -> float:
    one, other = (made(name, errors={"shared": shared, "concentration": 0.0}) for name in "ab")
    return fmean((said(one, n) == f"right{n}") == (said(other, n) == f"right{n}") for n in range(QUESTIONS))


def test_models_err_on_the_same_questions_as_far_as_latent_effects_are_shared():
    # Independent models of ability 0 agree on half the questions; a correlation of r adds asin(r) / pi.
    assert close(errors_together(0.0), 0.5)
    assert close(errors_together(0.5), 0.5 + 1 / 6)
    assert errors_together(1.0) == 1.0


@pytest.mark.parametrize(("concentration", "same"), [(0.0, 1 / 6), (2.0, 0.484)])
def test_wrong_answers_crowd_on_popular_distractors(concentration, same):
    models = [made(name, ability={"level": -9.0}, errors={"concentration": concentration}) for name in "ab"]
    assert close(fmean(said(models[0], n) == said(models[1], n) for n in range(QUESTIONS)), same)


def test_draws_differ_with_temperature_and_the_seed_plays_no_part_without():
    model = made(sampling={"draws": 0.5})

    def changed(temperature: float) -> float:
        return fmean(
            said(model, n, temperature=temperature, seed=1) != said(model, n, temperature=temperature, seed=2)
            for n in range(QUESTIONS)
        )

    assert changed(0.0) == 0.0
    assert 0.1 < changed(0.3) < changed(1.0) < changed(2.0)


def test_a_prompt_of_other_words_is_another_try_as_far_as_the_profile_says():
    fixed, fickle = made(), made(errors={"prompt": 1.0})
    moved = [fmean(said(m, n) != said(m, n, "Please.") for n in range(QUESTIONS)) for m in (fixed, fickle)]
    assert moved[0] == 0.0
    assert moved[1] > 0.4


DRAFTS = {"keep": 0.8, "repair": 0.5, "discern": 0.0, "follow": 1.0, "capacity": 2}


@pytest.mark.parametrize(
    ("shown", "chance"),
    [
        ("right{n}", 0.8 + 0.2 * 0.25),  # kept, else repaired
        ("wrong{n}x1", 0.25),  # repaired
        ("right{n}|wrong{n}x1", 0.8 * 0.5**0.5 + (1 - 0.8 * 0.5**0.5) * 0.25),  # told from a wrong one
        ("wrong{n}x1|wrong{n}x2|right{n}", 0.25),  # beyond the capacity of two: not seen
    ],
)
def test_shown_drafts_are_kept_repaired_or_spoiled(shown, chance):
    model = made(drafts=DRAFTS)
    right = [
        said(
            model,
            n,
            "\n".join(f"Attempt {k}: {text.format(n=n)}" for k, text in enumerate(shown.split("|"), 1)),
        )
        == f"right{n}"
        for n in range(QUESTIONS)
    ]
    assert close(fmean(right), chance)


def test_wrong_drafts_are_copied():
    model = made(ability={"level": -9.0}, drafts=DRAFTS)
    assert {said(model, n, f"Attempt 1: wrong{n}x4") == f"wrong{n}x4" for n in range(100)} == {True}


def test_long_prompts_cost_ability():
    model = made(drafts={"comfort": 50, "length_cost": 1.0})
    assert accuracy(model, "word " * 400) < accuracy(model) - 0.3


def test_a_grader_scores_right_answers_higher_and_within_the_scale():
    model = made(grades={"right": 0.8, "wrong": 0.3, "sigma": 0.2})
    ask = 'Proposed answer: {}\nIs it right? End with "Score:" and a number from 0 to 10.'

    def score(n: int, answer: str) -> int:
        text = model.reply(asked(n, ask.format(answer))).text
        assert "Score: " in text
        return int(text.rpartition("Score: ")[2])

    right, wrong = ([score(n, word.format(n=n)) for n in range(300)] for word in ("right{n}", "wrong{n}x2"))
    assert abs(fmean(right) - 8.0) < 0.5
    assert abs(fmean(wrong) - 3.0) < 0.5
    assert {*right, *wrong} <= set(range(11))


def test_faults_come_at_their_rates():
    model = made(faults={"unreadable": 0.2, "refused": 0.1}, ability={"level": 9.0})
    replies = [model.reply(asked(n)) for n in range(QUESTIONS)]
    assert close(fmean(reply.finish is Finish.REFUSED for reply in replies), 0.1)
    assert close(fmean("hard to say" in reply.text for reply in replies), 0.18)


def test_lengths_and_latencies_are_lognormal_around_their_medians():
    model = made(tokens={"brief": 40, "sigma": 0.5}, latency={"base": 2.0, "per_token": 0.0, "sigma": 0.3})
    replies = [model.reply(asked(n)) for n in range(QUESTIONS)]
    lengths = sorted(reply.usage.completion_tokens for reply in replies)
    seconds = sorted(reply.latency for reply in replies)
    assert 36 < lengths[QUESTIONS // 2] < 46
    assert lengths[QUESTIONS // 20] < 25 < 70 < lengths[-QUESTIONS // 20]
    assert 1.93 < seconds[QUESTIONS // 2] < 2.07
    assert 1.1 < seconds[QUESTIONS // 20] < 1.35


def test_answers_and_confidence_go_together():
    sure = made(ability={"level": 4.0}).reply(replace(asked(1), logprobs=True))
    unsure = made(ability={"level": -0.5}).reply(replace(asked(1), logprobs=True))
    assert sure.logprobs is not None
    assert unsure.logprobs is not None
    assert all(value <= 0 for value in sure.logprobs)
    assert sum(unsure.logprobs) < sum(sure.logprobs)


def test_larger_shipped_profiles_answer_better():
    profiles = shipped().profiles
    shares = [
        accuracy(Simulation(Chosen(name=name, profile=profiles[name]), EASY)) for name in profile_names()
    ]
    assert shares == sorted(shares)
    assert shares[0] < 0.45
    assert shares[-1] > 0.8


def test_fitted_items_change_difficulty_and_wrong_answers():
    item = EASY.items[0]
    from tgl.models.simulated import FittedItem

    fitted = EASY.fitted({item_digest(item.question): FittedItem(difficulty=2.0, wrong=("seen", "right0"))})
    assert fitted.items[0].difficulty == 2.0
    assert fitted.items[0].answers[:3] == ("right0", "seen", "wrong0x0")
    assert fitted.items[1] == EASY.items[1]
    assert fitted.content != EASY.content


def test_the_identity_is_of_profile_and_items_alone():
    one = made()
    described = made()
    described = replace(
        described,
        chosen=Chosen(name="m", profile=described.chosen.profile.model_copy(update={"about": "other words"})),
    )
    assert described.fingerprint == one.fingerprint
    assert made("other").fingerprint != one.fingerprint
    assert made(ability={"level": 0.1}).fingerprint != one.fingerprint
    assert (
        replace(one, bank=bank_of([{"question": "q", "answer": "a"}], Fields())).fingerprint
        != one.fingerprint
    )
