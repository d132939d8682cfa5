"""A lexer for Pygments, which `pip install` makes known to Sphinx, MkDocs and `pygmentize` as `tgl`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pygments.lexer import RegexLexer, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text

from tgl.highlight.words import grammar_words

WORDS = grammar_words()
NAME = r"[^\W\d]\w*"
# As an argument's or field's name (`model: …`) a head means nothing.
NO_ARGUMENT = r"(?!\s*:)"


class TglLexer(RegexLexer):
    """Programs of collaborating language models."""

    name = "tgl"
    url = ""
    aliases: ClassVar[Sequence[str]] = ["tgl"]
    filenames: ClassVar[Sequence[str]] = ["*.tgl"]
    mimetypes: ClassVar[Sequence[str]] = ["text/x-tgl"]

    tokens: ClassVar[dict[str, list[object]]] = {
        "root": [
            (r"[ \t\r\n\f\ufeff]+", Text),
            (r"##.*$", Comment.Special),
            (r"#.*$", Comment.Single),
            (r'"""', String.Double, "long"),
            (r'"', String.Double, "short"),
            (rf"(?<=\.){NAME}", Name.Attribute),
            (words(sorted(WORDS.heads), suffix=rf"\b{NO_ARGUMENT}"), Keyword.Declaration),
            (words(sorted(WORDS.clauses), suffix=r"\b"), Keyword),
            (rf"as\b(?=\s+{NAME})", Keyword.Pseudo),
            (r'after\b(?=\s*")', Keyword.Pseudo),
            (r"(?<=keep )best\b", Keyword.Pseudo),
            (r"(?<=\] )per\b", Keyword.Pseudo),
            (rf"releases\b(?=\s+{NAME}\s*(?:\{{|$))", Keyword.Pseudo),
            (r"(?:true|false)\b", Keyword.Constant),
            (WORDS.number, Number),
            (rf"{NAME}(?=\()", Name.Function),
            (NAME, Name),
            ("~", Operator.Word),
            (r"->|\.\.|<=|>=|==|!=|[<>=+\-*/|?.]", Operator),
            (r"[\[\](){},;:]", Punctuation),
        ],
        "long": [
            (r'"""', String.Double, "#pop"),
            (r"\\(?:u\{[0-9A-Fa-f]+\}|[\s\S])", String.Escape),
            (r"\{\{[^\"]*?\}\}|\{%[^\"]*?%\}", String.Interpol),
            (r'[^"\\{]+|["{]', String.Double),
        ],
        "short": [
            (r'"', String.Double, "#pop"),
            (r"\\(?:u\{[0-9A-Fa-f]+\}|[^\n])", String.Escape),
            (r"\{\{[^\"\n]*?\}\}|\{%[^\"\n]*?%\}", String.Interpol),
            (r'[^"\\{\n]+|\{', String.Double),
            (r"\n", Text, "#pop"),
        ],
    }
