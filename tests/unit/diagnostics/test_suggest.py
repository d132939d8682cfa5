import itertools

import pytest

from tgl.diagnostics import InScope, did_you_mean, nearest_names
from tgl.diagnostics import suggest as suggest_module


@pytest.mark.parametrize(
    ("name", "names", "near"),
    [
        ("gema", ["gemma", "smol"], ("gemma",)),
        ("GEMMA", ["gemma"], ("gemma",)),
        ("ab", ["ac"], ()),
        ("abc", ["abd", "axd"], ("abd",)),
        ("worekr", ["worker"], ("worker",)),
        ("majorty", ["majority", "minority"], ("majority",)),
        ("abcdef", ["abcdxx", "abcdex", "abcdey", "abcdez", "abcdef"], ("abcdex", "abcdey", "abcdez")),
        ("abcdef", ["abcdex", "abcdxx", "ABCDEF"], ("ABCDEF", "abcdex", "abcdxx")),
        ("node", [], ()),
    ],
)
def test_only_near_names_nearest_first(name: str, names: list[str], near: tuple[str, ...]) -> None:
    assert nearest_names(name, names) == near
    assert nearest_names(name, reversed(names)) == near


def test_the_limit_is_kept() -> None:
    assert nearest_names("abcdef", ["abcdex", "abcdey"], limit=1) == ("abcdex",)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], None),
        (["abcdex"], "did you mean `abcdex`?"),
        (["abcdex", "abcdey", "abcdez"], "did you mean `abcdex`, `abcdey` or `abcdez`?"),
    ],
)
def test_words(names: list[str], words: str | None) -> None:
    assert did_you_mean("abcdef", names) == words


WORDS = ["".join(letters) for size in (1, 3, 5) for letters in itertools.product("abA", repeat=size)]


def distance(a: str, b: str) -> int:
    """The optimal string alignment distance, by its definition."""
    rows = [list(range(len(b) + 1))]
    for i in range(1, len(a) + 1):
        rows.append([i])
        for j in range(1, len(b) + 1):
            ways = [rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] != b[j - 1])]
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                ways.append(rows[i - 2][j - 2] + 1)
            rows[i].append(min(ways))
    return rows[-1][-1]


@pytest.mark.parametrize("name", ["a", "abA", "abab", "bbbAab", "aabbaabb", "AbAbAbAbA"])
@pytest.mark.parametrize("names", [WORDS[:30], WORDS, WORDS[::3]], ids=len)
def test_few_and_many_names_are_weighed_alike(name: str, names: list[str]) -> None:
    scored = sorted(
        (0 if other.casefold() == name.casefold() else distance(name, other), other)
        for other in names
        if other != name
    )
    wanted = tuple(other for far, other in scored if far <= len(name) // 3)[:3]
    assert nearest_names(name, names) == wanted
    half = len(names) // 2
    assert nearest_names(name, InScope(frozenset(names[:half]), frozenset(names[half:]))) == wanted


def test_what_is_visible_is_the_sum_of_both_groups() -> None:
    seen = InScope(frozenset({"a", "b"}), frozenset({"b", "c"}))
    assert sorted(seen) == ["a", "b", "c"]
    assert len(seen) == 3
    assert "a" in seen
    assert "c" in seen
    assert "d" not in seen


def test_ten_times_the_names_cost_hardly_more(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = 0
    counted = suggest_module.next_row

    def count(*parts: object) -> list[int]:
        nonlocal rows
        rows += 1
        return counted(*parts)

    monkeypatch.setattr(suggest_module, "next_row", count)
    costs: list[int] = []
    for many in (1_000, 10_000):
        rows = 0
        assert nearest_names("nmae_77", [f"name_{k}" for k in range(many)])[0] == "name_77"
        assert nearest_names("unlike_anything", [f"name_{k}" for k in range(many)]) == ()
        costs.append(rows)
    assert costs[1] < 3 * costs[0] < 2_000
