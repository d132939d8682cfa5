"""Colours for programs in documents: the words of the grammar, and a lexer for Pygments."""

from tgl.highlight.lexer import TglLexer
from tgl.highlight.words import Words, grammar_words

__all__ = ["TglLexer", "Words", "grammar_words"]
