"""The grammar as such: no conflicts, no glued words, and a lexer that covers every text."""

import importlib.util

import pytest
from lark import Lark

from tgl.resources import grammar_text, stdlib_modules, stdlib_text
from tgl.syntax import parse
from tgl.syntax.grammar import scan
from tgl.syntax.tables import STARTS, LineEnds
from tgl.syntax.words import HEADS, NEVER_NAMES, SOFT, spellings, word_kinds
from tgl.text import SourceFile


@pytest.mark.skipif(importlib.util.find_spec("interegular") is None, reason="interegular is not installed")
def test_no_two_terminals_match_the_same_text() -> None:
    Lark(
        grammar_text(),
        parser="lalr",
        lexer="basic",
        postlex=LineEnds(),
        maybe_placeholders=True,
        start=list(STARTS),
        strict=True,
    )


def test_the_words_of_the_grammar_are_those_of_the_lists() -> None:
    words = {spelling for spelling in spellings().values() if spelling.isalpha()}
    assert words == HEADS | NEVER_NAMES | set(SOFT)
    assert len(word_kinds()) == len(words)


@pytest.mark.parametrize("word", sorted(HEADS | NEVER_NAMES | set(SOFT)))
def test_words_are_not_glued_to_what_follows(word: str) -> None:
    assert [token.type for token in scan(f"{word}_a {word}1 {word}é")] == ["NAME"] * 3
    (token,) = scan(word)
    assert token.type in word_kinds()


@pytest.mark.parametrize("word", sorted(HEADS | NEVER_NAMES | set(SOFT)))
def test_which_words_may_be_names(word: str) -> None:
    def is_read(text: str) -> bool:
        return not parse(SourceFile("t", text)).problems

    soft, head = word in SOFT, word in HEADS - NEVER_NAMES
    assert is_read(f"let {word} = 1") == soft
    assert is_read(f"let a = [{word}]") == soft
    assert is_read(f"let a = b.{word}") == (soft or head)
    assert is_read(f"let a = f({word}: 1)") == (soft or head)
    assert is_read(f"role r(q) -> {{{word}: text}} {{}}") == (soft or head)
    assert is_read(f"task t {{ {word} 1 }}") == ((soft or head) and word != "param")
    assert is_read(f"model m {{ zone {word} }}") == (soft or (head and word != "param"))


def test_scanning_leaves_nothing_out() -> None:
    text = 'let\ta = "x" # c\r\n@ 5x "open\n"""to the end'
    tokens = list(scan(text))
    covered = "".join(str(token) for token in tokens)
    assert covered == text.replace("\t", "").replace(" ", "").replace('"x"#c', '"x"# c').replace(
        "totheend", "to the end"
    )


@pytest.mark.parametrize("dotted", ["roles", "std", "std.", "std.../x", "os.path", "std.no_such", "std./etc"])
def test_no_file_outside_of_the_library_is_read(dotted: str) -> None:
    assert stdlib_text(dotted) is None


def test_every_module_of_the_library_has_a_text() -> None:
    assert all(stdlib_text(dotted) for dotted in stdlib_modules())
