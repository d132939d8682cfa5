"""Answers that a model judges, as a user meets them: searched, replayed, and not to be trusted."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tgl.models import ChatRequest, ScriptedModel
from tgl.testing import FaultyServer

from .conftest import Project

EXAMPLE = (Path(__file__).parents[2] / "examples" / "judged.tgl").read_text(encoding="utf-8")
Reply = Callable[[ChatRequest], str]


def chance(*what: object) -> float:
    """A number from 0 to 1 that the arguments decide."""
    return int(hashlib.sha256(" ".join(map(str, what)).encode()).hexdigest()[:8], 16) / 2**32


def writer(request: ChatRequest) -> str:
    """Says why, in words of its own; wrong about every third thing."""
    text = request.messages[-1].content
    found = re.search(r"thing (\d+)", text)
    assert found is not None
    return f"Surely since {found[1]} is {'odd' if chance(found[1]) < 0.3 else 'blue'}."


def judge(says: Callable[[str, bool], str]) -> Reply:
    """A judge that knows what is meant, and says what `says` makes of it."""

    def reply(request: ChatRequest) -> str:
        text = request.messages[-1].content
        texts = re.findall(r"<(?:first|second) \w+>\n(.*?)\n</", text, re.S)
        if len(texts) != 2:
            return writer(request)
        same = ("blue" in texts[0]) == ("blue" in texts[1])
        first_is_same = re.search(r"^A: .*(same answer|say the same)\.$", text, re.M) is not None
        first_is_same = first_is_same and "do not" not in text.split("\nA: ")[1].split("\n")[0]
        return says(text, same is first_is_same)

    return reply


def honest(_: str, a_holds: bool) -> str:
    return "A" if a_holds else "**B**"


def noisy(text: str, a_holds: bool) -> str:
    return honest(text, a_holds if chance("noise", text) > 0.15 else not a_holds)


def project_of(project: Project) -> None:
    small = EXAMPLE.replace("train: 20, select: 30, test: 50", "train: 6, select: 8, test: 30")
    project.write("judged.tgl", small)
    rows = [{"question": f"Why thing {n}?", "answer": f"Because {n} is blue"} for n in range(60)]
    project.write("reasons.jsonl", "".join(json.dumps(row) + "\n" for row in rows))


def searched(project: Project, says: Callable[[str, bool], str], *options: str) -> tuple[str, str, int]:
    """What `optimize` printed on both streams, and its code."""
    project_of(project)
    with (
        FaultyServer(lambda: ScriptedModel("small", writer)) as small,
        FaultyServer(lambda: ScriptedModel("large", judge(says))) as large,
    ):
        urls = {"SMALL_URL": small.base_url, "LARGE_URL": large.base_url}
        done = project.tglc("optimize", "judged.tgl", "--live", "--yes", *options, **urls)
    return done.stdout, done.stderr, done.returncode


def interval(text: str) -> tuple[float, float, float]:
    """The measured figure with its interval."""
    found = re.search(r"accuracy +([\d.]+), ci: \[([\d.]+), ([\d.]+)\]", text)
    assert found is not None
    value, low, high = map(float, found.groups())
    return value, low, high


@pytest.mark.slow
def test_an_honest_judge_is_heard_and_a_replay_writes_the_same_bytes(project: Project) -> None:
    told, errors, code = searched(project, honest)
    assert code == 0, errors
    assert "judge of the winner's answers: 0 of 30 verdicts hung on the order" in told
    text = project.text("judged.opt.tgl")
    assert 0.5 < interval(text)[0] < 0.95
    assert re.search(r"bill: large: \d", told) is not None
    again = project.tglc("verify", "judged.opt.tgl")
    assert again.returncode == 0, again.stdout + again.stderr
    measured = project.tglc("eval", "judged.opt.tgl")
    assert "0 calls asked of models" in measured.stdout
    assert "judge of the answers: 0 of 30" in measured.stdout
    project.tglc("optimize", "judged.tgl", "--force")
    assert project.text("judged.opt.tgl") == text


@pytest.mark.slow
def test_a_judge_that_always_says_a_gives_no_credit_and_is_seen(project: Project) -> None:
    told, errors, code = searched(project, lambda *_: "A")
    assert code == 0, errors
    assert "judge of the winner's answers: 30 of 30 verdicts hung on the order (no credit)" in told
    assert interval(project.text("judged.opt.tgl"))[0] == 0.0


@pytest.mark.slow
def test_a_noisy_judge_widens_the_interval(project: Project) -> None:
    searched(project, honest)
    sure = interval(project.text("judged.opt.tgl"))
    (project.folder / "judged.opt.tgl").unlink()
    told, errors, code = searched(project, noisy, "--store", "other.sqlite")
    assert code == 0, errors
    unsure = interval(project.text("judged.opt.tgl"))
    assert unsure[2] - unsure[1] > sure[2] - sure[1] + 0.05
    differed = re.search(r"asked again, (\d+) of \d+ differed", told)
    assert differed is not None
    assert int(differed[1]) > 0


@pytest.mark.slow
def test_a_judge_that_says_nothing_usable_fails_the_questions_by_class(project: Project) -> None:
    told, errors, code = searched(project, lambda *_: "It depends: A or B.")
    assert code == 1, told
    assert "judge unread" in told + errors
    assert "let a stronger model judge" in errors


def test_without_stored_verdicts_nothing_is_guessed(project: Project) -> None:
    project_of(project)
    done = project.tglc(
        "optimize", "judged.tgl", SMALL_URL="http://127.0.0.1:9", LARGE_URL="http://127.0.0.1:9"
    )
    assert done.returncode == 3
    assert "R0302" in done.stderr


@pytest.mark.parametrize(
    ("key", "code", "told"),
    [
        ("judge", "E0302", "by: MODEL"),
        ("judge, by: nobody", "E0203", "no model named `nobody`"),
        ("judge, by: large, repeat: 0%", "E0302", "repeat"),
        ("judge, by: large, repeat: 120%", "E0302", "repeat"),
        ('judge, by: large, rubric: ""', "E0302", "rubric"),
        ("judge, by: large, by: small", "E0302", "by: MODEL"),
    ],
)
def test_a_judge_that_is_no_judge_is_told(project: Project, key: str, code: str, told: str) -> None:
    project_of(project)
    text = re.sub(r"key    judge.*", f"key    {key}", project.text("judged.tgl"))
    project.write("judged.tgl", text)
    done = project.tglc("check", "judged.tgl")
    assert done.returncode == 1
    assert code in done.stderr + done.stdout
    assert told in done.stderr + done.stdout


def test_a_metric_that_would_not_ask_the_judge_is_refused(project: Project) -> None:
    project_of(project)
    project.write(
        "judged.tgl", project.text("judged.tgl").replace("  unit   small", "  unit   small\n  metric f1")
    )
    done = project.tglc("check", "judged.tgl")
    assert done.returncode == 1
    assert "E0302" in done.stderr + done.stdout
