"""Colours: what the parser reads as a word, text, comment or number has that colour, in every program."""

import json
import re
import shutil
import subprocess
from bisect import bisect_right
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from pygments.token import Comment, Error, Keyword, Number, String

from tgl.highlight import TglLexer, grammar_words
from tgl.syntax import words
from tgl.syntax.grammar import scan

ROOT = Path(__file__).parents[2]
GRAMMAR = json.loads((ROOT / "grammar" / "tgl.tmLanguage.json").read_text(encoding="utf-8"))
EXTENSION = ROOT / "editors" / "vscode"
PROGRAMS = sorted(
    path for folder in ("tests/corpus/valid", "stdlib", "examples") for path in (ROOT / folder).rglob("*.tgl")
)
SCOPES = {"word": "keyword.", "text": "string.", "comment": "comment.", "number": "constant.numeric."}
TOKENS = {"word": Keyword, "text": String, "comment": Comment, "number": Number}


def expected(text: str) -> list[tuple[int, int, str]]:
    """Spans of the tokens whose colour is certain, as the parser's own scanner cuts them.

    A head behind a dot, or before a colon, is a plain name there; soft words are left out.
    """
    tokens = [token for token in scan(text) if token.type != "_NL"]
    found: list[tuple[int, int, str]] = []
    for at, token in enumerate(tokens):
        before = tokens[at - 1].type if at else ""
        after = tokens[at + 1].type if at + 1 < len(tokens) else ""
        word = str(token)
        colour = {"COMMENT": "comment", "STRING": "text", "NUMBER": "number"}.get(token.type)
        if word in words.NEVER_NAMES or (
            word in words.HEADS and before != "_DOT" and after not in ("_COLON", "BAD_CHAR")
        ):
            colour = "word"
        if colour is not None:
            found.append((token.start_pos, token.end_pos, colour))
    return found


def test_the_words_are_those_of_the_parser() -> None:
    found = grammar_words()
    assert found.heads == words.HEADS - {"until"}
    assert found.clauses == words.NEVER_NAMES
    assert found.soft == frozenset(words.SOFT)


def test_the_editor_grammar_has_all_words_and_no_others() -> None:
    """The patterns for words hold exactly the words of grammar/tgl.lark."""
    patterns = [rule["match"] for rule in GRAMMAR["repository"]["keyword"]["patterns"]]
    found = set(re.findall(r"[a-z]{2,}", re.sub(r"\\[a-zW]", " ", " ".join(patterns))))
    own = grammar_words()
    assert found == own.heads | own.clauses | own.soft


def test_the_editor_grammar_has_the_numbers_of_the_parser() -> None:
    ours = grammar_words().number
    assert GRAMMAR["repository"]["number"]["match"].replace(r"(?<![\w])", "") == ours


def test_pygments_finds_the_lexer() -> None:
    (found,) = entry_points(group="pygments.lexers", name="tgl")
    assert found.load() is TglLexer


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_pygments_colours_as_the_parser_reads(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = list(TglLexer(stripnl=False, ensurenl=False).get_tokens_unprocessed(text))
    assert "".join(value for _, _, value in found) == text
    assert [value for _, kind, value in found if kind is Error] == []
    starts = [start for start, _, _ in found]
    for start, end, colour in expected(text):
        for at in (start, end - 1):
            kind = found[bisect_right(starts, at) - 1][1]
            assert kind in TOKENS[colour], (text[start:end], kind)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("edge a -> b.model", "model"),
        ("output f(model: x)", "model"),
        ("let best = 1", "best"),
        ("let order = 1", "order"),
    ],
)
def test_names_are_not_coloured_as_words(text: str, plain: str) -> None:
    found = [kind for kind, value in TglLexer().get_tokens(text) if value == plain]
    assert found
    assert not any(kind in Keyword for kind in found)


@pytest.fixture(scope="module")
def scopes() -> dict[Path, list[tuple[int, int, str]]]:
    """What VS Code's own engine makes of the programs, in code points."""
    if shutil.which("node") is None or not (EXTENSION / "node_modules" / "vscode-textmate").is_dir():
        pytest.skip("needs node and `npm ci` in editors/vscode")
    texts = [path.read_text(encoding="utf-8") for path in PROGRAMS]
    made = subprocess.run(
        ["node", "scripts/scopes.mjs"],
        cwd=EXTENSION,
        input=json.dumps(texts).encode(),
        stdout=subprocess.PIPE,
        check=True,
        timeout=120,
    )
    found = json.loads(made.stdout)
    return {path: units(text, tokens) for path, text, tokens in zip(PROGRAMS, texts, found, strict=True)}


def units(text: str, tokens: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Spans in UTF-16 units as spans in code points."""
    offsets = [at for at, char in enumerate(text) for _ in range(2 if ord(char) > 0xFFFF else 1)]
    offsets += [len(text)] * 2
    return [(offsets[start], offsets[min(end, len(offsets) - 1)], scope) for start, end, scope in tokens]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_editors_colour_as_the_parser_reads(
    path: Path, scopes: dict[Path, list[tuple[int, int, str]]]
) -> None:
    text = path.read_text(encoding="utf-8")
    found = scopes[path]
    starts = [start for start, _, _ in found]
    wanted = expected(text)
    for start, end, colour in wanted:
        for at in (start, end - 1):
            scope = found[bisect_right(starts, at) - 1][2]
            assert SCOPES[colour] in scope, (text[start:end], scope)
    inside = [(start, end) for start, end, colour in wanted if colour in ("text", "comment")]
    for start, end, scope in found:
        if "string." in scope or "comment." in scope:
            assert any(a <= start and end <= b + 1 for a, b in inside), (text[start:end], scope)
