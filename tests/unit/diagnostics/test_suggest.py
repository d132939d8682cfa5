import pytest

from tgl.diagnostics import did_you_mean, nearest_names


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
