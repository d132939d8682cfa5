"""Banks and profiles from files: what is read, what is made up, what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tgl.ir import ModelSpec
from tgl.models import ErrorKind, ModelError, build, capabilities_of, fingerprint_of, settings_of
from tgl.models.simulated import (
    Fields,
    ItemsError,
    Profile,
    ProfileError,
    bank_of,
    find_profile,
    in_folder,
    profile_names,
    read_bank,
    shipped,
)

ROOT = Path(__file__).parents[3]


def test_a_bank_reads_fields_of_any_name(tmp_path):
    path = tmp_path / "b.jsonl"
    row = {"ask": "Q  one?", "label": 7, "topic": "t", "other": ["8", 9, "7", "8"], "level": 1.5}
    path.write_text(json.dumps(row) + "\n\n", encoding="utf-8")
    [item] = read_bank(path, Fields("ask", "label", "topic", "other", "level")).items
    assert (item.question, item.answers, item.kind, item.difficulty) == ("Q one?", ("7", "8", "9"), "t", 1.5)


@pytest.mark.parametrize("answer", ["7", "-12", "3.50", "1,234", "1000"])
def test_near_numbers_are_wrong_distinct_and_repeatable(answer):
    rows = [{"question": "q", "answer": answer}]
    wrong = bank_of(rows, Fields()).items[0].answers[1:]
    assert len({float(one) for one in wrong}) == len(wrong) >= 4
    assert float(answer.replace(",", "")) not in {float(one) for one in wrong}
    assert bank_of(rows, Fields()).items[0].answers[1:] == wrong


def test_wrong_texts_are_answers_of_the_same_kind():
    rows = [{"question": f"q{n}", "answer": f"a{n}", "kind": "ab"[n % 2]} for n in range(40)]
    for item in bank_of(rows, Fields()).items:
        parity = int(item.question[1:]) % 2
        assert len(item.answers) == 9
        assert all(int(answer[1:]) % 2 == parity for answer in item.answers)
        assert len(set(item.answers)) == len(item.answers)


def test_a_lonely_question_has_a_wrong_answer_too():
    assert bank_of([{"question": "q", "answer": "yes"}], Fields()).items[0].answers == ("yes", "not yes")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no rows"),
        (b"{", "line 1: no JSON"),
        (b'{"question": "q", "answer": "a"}\n[]', "line 2: no JSON object"),
        (b'{"question": "q"}', "`answer`"),
        (b'{"question": "", "answer": "a"}', "`question`"),
        (b"\xff", "UTF-8"),
        (None, "can't be read"),
    ],
)
def test_a_bank_that_is_none_is_told_by_line(tmp_path, content, said):
    path = tmp_path / "bank.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ItemsError, match=re.escape(said)):
        read_bank(path, Fields())


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("p.toml", "[profiles.a]\nability = { level = 99 }", "profiles.a.ability.level"),
        ("p.toml", "[profiles.a]\nerrors = { shared = 0.8, prompt = 0.3 }", "sum to more than 1"),
        ("p.toml", "[profiles.a]\nabilty = {}", "profiles.a.abilty"),
        ("p.toml", "schema_version = 2\n[profiles.a]", "schema_version"),
        ("p.toml", "[profiles", "can't be read"),
        ("p.json", "{", "can't be read"),
        ("p.toml", None, "can't be read"),
        ("p.toml#b", "[profiles.a]\n[profiles.c]", "no profile `b`"),
    ],
)
def test_a_profile_that_is_none_is_told_by_field(tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name.partition("#")[0]).write_text(content, encoding="utf-8")
    with pytest.raises(ProfileError, match=re.escape(said)):
        find_profile(name, tmp_path)


def test_a_profile_is_chosen_by_name_by_model_or_because_it_is_the_only_one(tmp_path):
    (tmp_path / "p.toml").write_text("[profiles.a.ability]\nlevel = 1\n[profiles.b.ability]\nlevel = 2\n")
    (tmp_path / "q.json").write_text('{"profiles": {"a": {"ability": {"level": 3}}}}')
    levels = [
        find_profile(text, tmp_path, default="b").profile.ability.level
        for text in ("p.toml#a", "p.toml", "q.json")
    ]
    assert levels == [1, 2, 3]


def test_unknown_profiles_get_suggestions():
    with pytest.raises(ProfileError) as caught:
        find_profile("sim-8", ROOT)
    assert "`sim-8b`" in caught.value.help


def test_shipped_profiles_say_that_they_measure_nothing():
    assert profile_names() == ("sim-200m", "sim-1b", "sim-3b", "sim-8b", "sim-70b")
    assert all("measured on none" in profile.about for profile in shipped().profiles.values())


def parameters() -> list[str]:
    """Every parameter of a profile, as `table.name`."""
    return [
        f"{table}.{name}"
        for table, part in Profile.model_fields.items()
        if part.annotation is not str
        for name in part.annotation.model_fields
    ]


@pytest.mark.parametrize("parameter", parameters())
def test_each_parameter_is_documented_with_what_it_is(parameter):
    table, _, name = parameter.partition(".")
    field = Profile.model_fields[table].annotation.model_fields[name]
    assert field.description
    page = (ROOT / "docs" / "simulation.md").read_text(encoding="utf-8")
    [line] = [line for line in page.splitlines() if line.startswith(f"| `{parameter}`")]
    assert f"| {shown(field.default)} |" in line


def shown(default: object) -> str:
    return f"{default:g}" if isinstance(default, int | float) else "none"


def declared(**settings: str) -> ModelSpec:
    return ModelSpec(name="m", provider="simulated", settings=tuple(settings.items()))


def test_a_declared_model_is_built_and_named_by_profile_variant_and_items(tmp_path):
    (tmp_path / "b.jsonl").write_text('{"question": "q", "answer": "a"}\n', encoding="utf-8")

    def fingerprint(**settings: str) -> str:
        spec = in_folder(declared(items="b.jsonl", **settings), tmp_path)
        made = build(settings_of(spec), {}.get, tmp_path)
        assert made.fingerprint == fingerprint_of(settings_of(spec))
        assert made.capabilities == capabilities_of(settings_of(spec))
        return made.fingerprint

    one = fingerprint(profile="sim-8b")
    assert fingerprint(profile="sim-8b", sleep="0.5") == one
    assert len({one, fingerprint(profile="sim-1b"), fingerprint(profile="sim-8b", variant="m")}) == 3
    (tmp_path / "b.jsonl").write_text('{"question": "q", "answer": "b"}\n', encoding="utf-8")
    assert fingerprint(profile="sim-8b") != one


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"profile": "sim-8b"}, "no `items`"),
        ({"items": "b.jsonl"}, "no `profile`"),
        ({"profile": "sim-8b", "items": "gone.jsonl"}, "gone.jsonl can't be read"),
        ({"profile": "sim-9b", "items": "b.jsonl"}, "no profile `sim-9b`"),
    ],
)
def test_what_a_declaration_lacks_is_missing(tmp_path, settings, said):
    (tmp_path / "b.jsonl").write_text('{"question": "q", "answer": "a"}\n', encoding="utf-8")
    with pytest.raises(ModelError, match=re.escape(said)) as caught:
        fingerprint_of(settings_of(in_folder(declared(**settings), tmp_path)))
    assert caught.value.kind is ErrorKind.MISSING
    assert caught.value.help
