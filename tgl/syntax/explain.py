"""Why a statement cannot be read: from where the parser stopped to a problem in the user's words."""

from __future__ import annotations

from collections.abc import Sequence

from tgl.syntax.cut import STARTS_VALUE, Chunk
from tgl.syntax.errors import (
    ChainedComparison,
    Incomplete,
    MissingSeparator,
    MissingValue,
    ReservedWord,
    SyntaxProblem,
    Unexpected,
    UnknownStatement,
)
from tgl.syntax.hints import FORMS, SPELT_UNITS
from tgl.syntax.lexical import token_span
from tgl.syntax.tokens import Token
from tgl.syntax.words import CLAUSES, HEADS, NEVER_NAMES, OPERATORS, RESERVED, SIGNS, spellings, word_kinds
from tgl.text import SourceFile, Span, frozen

OPERATOR_KINDS = frozenset({"PLUS", "MINUS", "STAR", "SLASH", "COMPARE", "AND", "OR", "IN", "_IS"})
POSTFIX_KINDS = frozenset({"_DOT", "_LPAR", "_LSQB", "_RANGE"})
CLAUSE_KINDS = frozenset({"_ON", "_WHEN", "_IF", "_BATCH"})

MOST_NAMED = 5


@frozen
class Stop:
    """Where the parser stopped.

    `before` are the tokens that fit; `token` is the one that does not (None: the statement ends too early),
    `after` the one behind it; `accepted` holds the types that would fit.
    """

    source: SourceFile
    chunk: Chunk
    before: Sequence[Token]
    token: Token | None
    after: Token | None
    accepted: frozenset[str]

    def wants_value(self) -> bool:
        return "NUMBER" in self.accepted and "NAME" in self.accepted

    def wants_name(self) -> bool:
        return "NAME" in self.accepted and "NUMBER" not in self.accepted

    def behind(self) -> Span:
        """The place right behind the last token that fits."""
        end = self.before[-1].end_pos if self.before else 0
        return Span(end, end)

    def head(self) -> str:
        return str(self.before[0]) if self.before else ""


def explain(stop: Stop) -> SyntaxProblem:
    """The problem of a statement that could not be read."""
    if not stop.before:
        return wrong_start(stop)
    if stop.token is None:
        return ends_early(stop)
    return does_not_fit(stop, stop.token)


def wrong_start(stop: Stop) -> SyntaxProblem:
    if stop.token is None:
        return Incomplete(stop.source, stop.behind(), "statement", "more")
    span = token_span(stop.token)
    if stop.token.type == "NAME" or stop.token.type in word_kinds() or str(stop.token) in RESERVED:
        return UnknownStatement(
            stop.source,
            span,
            str(stop.token),
            stop.chunk.where,
            "" if stop.after is None else str(stop.after),
        )
    comment = "a comment begins with `#`" if str(stop.token) == "/" else None
    return Unexpected(stop.source, span, str(stop.token), described(stop), comment)


def ends_early(stop: Stop) -> SyntaxProblem:
    """The statement is over where more should follow."""
    last = str(stop.before[-1])
    if (stop.wants_value() and len(stop.before) > 1) or stop.head() in ("output", "require", "until"):
        return MissingValue(stop.source, stop.behind(), last)
    return Incomplete(stop.source, stop.behind(), stop.head(), described(stop))


def does_not_fit(stop: Stop, token: Token) -> SyntaxProblem:
    """A token stands where it has no meaning."""
    source, span, text = stop.source, token_span(token), str(token)
    word = text in RESERVED
    if stop.wants_name() and word:
        return ReservedWord(source, span, text)
    if stop.accepted == frozenset({"_COLON"}) and str(stop.before[-1]) in HEADS:
        # It was taken for the name of an argument, which a head may be.
        return ReservedWord(source, token_span(stop.before[-1]), str(stop.before[-1]))
    if stop.wants_value() and token.type != "_LBRACE":
        if text in HEADS:
            return ReservedWord(source, span, text)
        if not word or text in CLAUSES or text in OPERATORS:
            sign = text if stop.chunk.where == "settings" and len(stop.before) == 1 else ""
            return MissingValue(source, stop.behind(), str(stop.before[-1]), sign)
    if token.type in ("COMPARE", "IN", "_IS") and "AND" in stop.accepted:
        return ChainedComparison(source, span, text)
    if "$END" in stop.accepted and (text in HEADS or looks_like_setting(stop, token)):
        words = stop.chunk.where == "settings" and [one.type for one in stop.before] == ["NAME", "NAME"]
        return MissingSeparator(source, span, text, str(stop.before[0]) if words else "")
    return Unexpected(source, span, text, described(stop), hint(stop, token))


def looks_like_setting(stop: Stop, token: Token) -> bool:
    """Whether a name behind a complete setting is the key of another one: a value follows it."""
    after = stop.after.type if stop.after else ""
    return stop.chunk.where == "settings" and token.type == "NAME" and after in STARTS_VALUE


def hint(stop: Stop, token: Token) -> str | None:
    """What was probably meant by a token that does not fit."""
    operand = "PLUS" in stop.accepted
    said = slip(stop, token)
    if said is not None:
        return said
    if token.type == "_EQ" and operand:
        return "to compare two values write `==`"
    if token.type == "_EQ" and stop.head() == "graph":
        return "a value that has a default is a `param name = value` in the graph's body"
    if token.type == "_LBRACE" and (operand or stop.wants_value()):
        return "braces hold weights, and only behind `~`: `~{a: 0.7, b: 0.3}`"
    if token.type == "OPTIONAL" and operand:
        return "there is no `? :`; use `first(a when condition, b)`"
    if token.type in ("NAME", "NUMBER", "STRING") and "_COMMA" in stop.accepted:
        return "values are separated by `,`"
    if str(token) in NEVER_NAMES and "$END" in stop.accepted:
        return f"`{token}` belongs to another kind of statement"
    return FORMS.get(stop.head()) if stop.chunk.where != "settings" else None


def slip(stop: Stop, token: Token) -> str | None:
    """What was meant by a sign that is usual in other languages."""
    before, text = str(stop.before[-1]), str(token)
    in_list = "_COMMA" in stop.accepted
    if token.type == "_EQ" and "_RPAR" in stop.accepted and "_COLON" in stop.accepted:
        return f"an argument is named with `:`, `{before}: …`; two values are compared with `==`"
    if token.type == "_COLON" and "_RSQB" in stop.accepted:
        return "some of them are written `[1..3]`, both ends included"
    if token.type == "_RBRACE" and "_COLON" in stop.accepted and in_list is False:
        return "each option has a weight behind a colon: `~{a: 2, b: 1}`; options alone are a list: `~[a, b]`"
    if token.type == "_LSQB" and before == "list":
        return "what a list holds stands in parentheses: `list(text)`"
    if token.type == "STRING" and before in ("f", "r", "b"):
        return "strings have no prefix; a prompt prints a port with `{{ name }}`"
    if token.type == "STRING" and stop.head() in ("role", "fn") and "NAME" in stop.accepted:
        return "the fields of a record are names without quotes: `{answer: answer, why: text}`"
    if before == "lambda":
        return "a predicate has its parameters behind its name: `let f(i, j) = i < j`"
    if stop.before[-1].type == "NUMBER" and text.lower() in SPELT_UNITS:
        return SPELT_UNITS[text.lower()].format(before)
    if text == "for" and in_list:
        return "replicas are a list by their name: `majority(a)`; `each x[n] in list { … }` repeats nodes"
    if text == "else":
        return "there is no `else`: choose with `~[a, b]`, or take `first(a when condition, b)`"
    return None


def described(stop: Stop) -> str:
    """What could have stood there, as a phrase."""
    accepted = set(stop.accepted)
    phrases: list[str] = []
    if {"NAME", "NUMBER"} <= accepted:
        phrases.append("a value")
        accepted -= {"NAME", "NUMBER", "STRING", "_TILDE", "_FIT", "_NOT", "MINUS", "_LPAR", "_LSQB"}
    elif "NAME" in accepted:
        phrases.append("a name")
    if "NAME" in stop.accepted:
        accepted -= {"NAME", *word_kinds()}
    if {"PLUS", "STAR"} & accepted:
        phrases.append("an operator")
        accepted -= OPERATOR_KINDS | POSTFIX_KINDS
        if "_COMMA" in accepted:
            accepted -= {"_COLON", "_WHEN"}
    if accepted >= CLAUSE_KINDS - {"_BATCH"}:
        phrases.append("a clause (`on`, `when`, `if`)")
        accepted -= CLAUSE_KINDS
    end = "$END" in accepted
    accepted -= {"$END", "_NL", "_SEMI"}
    rest = sorted(spelled(kind) for kind in accepted)
    phrases += rest[:MOST_NAMED]
    if end:
        phrases.append("the end of the statement")
    if not phrases:
        return "something else"
    return phrases[0] if len(phrases) == 1 else ", ".join(phrases[:-1]) + " or " + phrases[-1]


def spelled(kind: str) -> str:
    """A terminal as a person names it."""
    text = spellings()[kind]
    return text if text in SIGNS.values() else f"`{text}`"
