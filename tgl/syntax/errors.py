"""What can be wrong with the shape of a program: one class for each code."""

from __future__ import annotations

from tgl.diagnostics import Diagnostic, Fix, Label, did_you_mean, near_fixes, report
from tgl.syntax.hints import CHARACTER_HINTS, CHARACTERS, FORMS, HABITS
from tgl.syntax.words import (
    CLAUSES,
    DECLARATIONS,
    IN_LOOPS,
    NEVER_NAMES,
    ONLY_DECLARATIONS,
    OPERATORS,
    STATEMENTS,
)
from tgl.text import Edit, SourceFile, Span, frozen

CLOSING = {"(": ")", "[": "]", "{": "}"}

# The first two bytes of UTF-16 text, as reading them as UTF-8 leaves them.
UTF16_MARKS = ("\udcff\udcfe", "\udcfe\udcff")


@frozen
class SyntaxProblem:
    """A place in a source that cannot be read."""

    source: SourceFile
    span: Span

    def diagnostic(self) -> Diagnostic:
        raise NotImplementedError

    def label(self, text: str = "") -> Label:
        return Label(self.source, self.span, text)


@frozen
class Unexpected(SyntaxProblem):
    """E0101: a word or sign that does not fit here; `expected` is a phrase ("`,` or `)`")."""

    text: str
    expected: str
    hint: str | None = None

    def diagnostic(self) -> Diagnostic:
        label = self.label(f"expected {self.expected}")
        first, *rest = self.text.splitlines() or [""]
        shown = f"{first} …" if rest else first  # a text in `"""` may have many lines
        return report("E0101", f"`{shown}` has no meaning here", label, hint=self.hint)


@frozen
class UnclosedBracket(SyntaxProblem):
    """E0102: `bracket` is one of `( [ {`; `end` is where its statement, or the file, was found to be over."""

    bracket: str
    end: Span

    def diagnostic(self) -> Diagnostic:
        closing = CLOSING[self.bracket]
        return report(
            "E0102",
            f"this `{self.bracket}` is never closed",
            self.label("opened here"),
            secondary=(Label(self.source, self.end, f"expected `{closing}` before this"),),
            hint=f"add the missing `{closing}`",
        )


@frozen
class UnclosedString(SyntaxProblem):
    """E0103: a string that the line, or for a triple-quoted one the file, ends in."""

    triple: bool

    def diagnostic(self) -> Diagnostic:
        if self.triple:
            return report(
                "E0103",
                "this text is never closed",
                self.label("opened here, and open to the end of the file"),
                hint='close it with `"""`',
            )
        return report(
            "E0103",
            "this string is not closed on its line",
            self.label("opened here"),
            hint='close it with `"`; for text of several lines use `"""`',
        )


@frozen
class MissingValue(SyntaxProblem):
    """E0104: a value is missing behind `after`; `sign` is what stands there instead."""

    after: str
    sign: str = ""

    def diagnostic(self) -> Diagnostic:
        if self.sign in (":", "="):
            return report(
                "E0104",
                f"a value is missing after `{self.after}`",
                self.label("expected a value"),
                hint=f"remove the `{self.sign}`: a setting is a name and its values, `max_tokens 64`",
            )
        return report(
            "E0104",
            f"a value is missing after `{self.after}`",
            self.label("expected a value"),
            hint=f"write a value after `{self.after}`: a name, a number, a string, a list, or a choice `~…`",
        )


@frozen
class ReservedWord(SyntaxProblem):
    """E0105: a word of the language where a name belongs."""

    word: str

    def diagnostic(self) -> Diagnostic:
        if self.word in CLAUSES:
            role = "starts a clause"
        elif self.word in OPERATORS:
            role = "is an operator"
        else:
            role = "starts a declaration or a statement"
        rest = (
            "" if self.word in NEVER_NAMES else "; it may be a setting, or the name of an argument or a field"
        )
        return report(
            "E0105",
            f"`{self.word}` is a word of the language and cannot be a name",
            self.label(f"`{self.word}` {role}"),
            hint=f"choose another name, for example `{self.word}_1`{rest}",
        )


@frozen
class UnknownCharacter(SyntaxProblem):
    """E0106: a character outside of strings and comments that the language does not use."""

    char: str

    def fixes(self) -> tuple[Fix, ...]:
        sign = CHARACTERS.get(self.char)
        return () if sign is None else (Fix(f"write `{sign}`", (Edit(self.span, sign),), safe=True),)

    def diagnostic(self) -> Diagnostic:
        return report(
            "E0106",
            f"{described(self.char)} means nothing outside of strings and comments",
            self.label("not part of the language"),
            hint=CHARACTER_HINTS.get(self.char, "remove it, or put it into a string"),
            fixes=self.fixes(),
        )


@frozen
class BadNumber(SyntaxProblem):
    """E0107: a number with an unknown unit, or out of range."""

    text: str

    def diagnostic(self) -> Diagnostic:
        return report(
            "E0107",
            f"`{short(self.text)}` is not a number",
            self.label("unknown unit, too large, or too long"),
            hint="numbers are written 12, 0.5, 1e-3, 135M, 8B, 4k, 20%, 200ms, 30s, 5m, 1h, 1d, 8 units, "
            "$0.15, $0.15/Mtok",
        )


@frozen
class BadEscape(SyntaxProblem):
    r"""E0108: a backslash in a string before something it gives no meaning to; `text` is both."""

    text: str

    def diagnostic(self) -> Diagnostic:
        return report(
            "E0108",
            f"`{self.text}` means nothing in a string",
            self.label("not an escape"),
            hint=r"escapes are \n \t \r \" \\ and \u{1F600}; write \\ for a backslash",
        )


@frozen
class MissingSeparator(SyntaxProblem):
    """E0109: a second statement on a line; `setting` has words alone behind it, perhaps an unquoted text."""

    word: str
    setting: str = ""

    def diagnostic(self) -> Diagnostic:
        hint = "put each statement on a line of its own, or `;` between them"
        return report(
            "E0109",
            f"a line end or `;` is missing before `{self.word}`",
            self.label("a new statement starts here"),
            hint=f'{hint}; a text stands in double quotes: `{self.setting} "…"`' if self.setting else hint,
        )


@frozen
class NotText(SyntaxProblem):
    """E0110: NUL, a byte that is not UTF-8 (read as U+DC80 to U+DCFF), or half of a surrogate pair."""

    code: int

    def diagnostic(self) -> Diagnostic:
        if self.source.text.startswith(UTF16_MARKS):
            return report(
                "E0110",
                f"`{self.source.name}` is UTF-16 text, not UTF-8",
                self.label("the mark of UTF-16"),
                hint="save it as UTF-8",
            )
        if 0xDC80 <= self.code <= 0xDCFF:
            return report(
                "E0110",
                f"`{self.source.name}` is not UTF-8 text",
                self.label(f"the byte 0x{self.code - 0xDC00:02X} is not UTF-8"),
                hint="save it as UTF-8, or name another file if it is no program",
            )
        return report(
            "E0110",
            f"`{self.source.name}` is not a text file",
            self.label(f"the character U+{self.code:04X} is in no text"),
            hint="a program is UTF-8 text; is this the right file?",
        )


@frozen
class NestedTooDeeply(SyntaxProblem):
    """E0111: more levels than can be read."""

    def diagnostic(self) -> Diagnostic:
        return report(
            "E0111",
            "this is nested too deeply to be read",
            self.label("one level too many"),
            hint="give a name to a part of it with `let`, and use the name",
        )


@frozen
class UnmatchedBracket(SyntaxProblem):
    """E0112: `bracket` closes nothing, or it closes `opened`, which wants another one."""

    bracket: str
    opened: Label | None = None

    def diagnostic(self) -> Diagnostic:
        if self.opened is None:
            return report(
                "E0112",
                f"this `{self.bracket}` closes nothing",
                self.label("nothing is open here"),
                hint=f"remove the `{self.bracket}`, or add what it should close",
            )
        span = self.opened.span
        wanted = CLOSING[self.opened.source.text[span.start : span.end]]
        return report(
            "E0112",
            f"this `{self.bracket}` closes another kind of bracket",
            self.label(f"expected `{wanted}`"),
            secondary=(self.opened,),
            hint=f"write `{wanted}`",
        )


@frozen
class UnknownStatement(SyntaxProblem):
    """E0113: the first word of a statement starts none here; `where` is "file", "graph" or "settings".

    `after` is what stands behind the word.
    """

    word: str
    where: str
    after: str = ""

    def diagnostic(self) -> Diagnostic:
        if self.where == "settings":
            return report(
                "E0113",
                f"`{self.word}` is not the name of a setting",
                self.label("expected the name of a setting"),
                hint="a setting is a name and its values: `max_tokens 64`",
            )
        known = DECLARATIONS if self.where == "file" else (*STATEMENTS, *IN_LOOPS)
        label = did_you_mean(self.word, known)
        if self.where == "file" and self.word in (*STATEMENTS, *IN_LOOPS):
            message, label = f"`{self.word}` stands outside of a graph", "belongs into a graph"
            hint = "move it into the braces of a `graph name(…) { … }`"
        elif self.where == "graph" and self.word in ONLY_DECLARATIONS:
            message, label = f"`{self.word}` stands inside of a graph", "belongs to the top of the file"
            hint = "move it out of the graph"
        else:
            message = f"`{self.word}` starts no {'declaration' if self.where == 'file' else 'statement'}"
            hint = self.instead(label is not None) or self.held()
        fixes = near_fixes(self.span, self.word, known)
        return report("E0113", message, self.label(label or "not known"), hint=hint, fixes=fixes)

    def instead(self, near: bool) -> str | None:
        """What was probably meant by a word that is near none of the language."""
        if self.word in HABITS:
            return HABITS[self.word]
        if near or not self.word.isidentifier():
            return None
        if self.after == "=":
            return f"a value gets a name with `let {self.word} = …`, a message with `node {self.word} : …`"
        return f"write `node {self.word} : …`" if self.after == ":" and self.where == "graph" else None

    def held(self) -> str:
        """What may stand here."""
        if self.where == "file":
            return f"a file holds {', '.join(f'`{word}`' for word in DECLARATIONS)}"
        loops = ", ".join(f"`{word}`" for word in IN_LOOPS)
        return f"a graph holds {', '.join(f'`{word}`' for word in STATEMENTS)}; a loop in it also {loops}"


@frozen
class RepeatedClause(SyntaxProblem):
    """E0114: the second clause of a kind."""

    kind: str
    first: Span

    def diagnostic(self) -> Diagnostic:
        joined = (
            f"; join both conditions with `and` in one `{self.kind}`" if self.kind in ("if", "when") else ""
        )
        return report(
            "E0114",
            f"this statement has `{self.kind}` twice",
            self.label("the second one"),
            secondary=(Label(self.source, self.first, "the first one"),),
            hint=f"keep one of them{joined}",
        )


@frozen
class OnlyInALoop(SyntaxProblem):
    """E0115: a statement that makes sense in a loop only."""

    word: str

    def diagnostic(self) -> Diagnostic:
        return report(
            "E0115",
            f"`{self.word}` stands outside of a loop",
            self.label("belongs into a loop"),
            hint="move it into the braces of a `loop name[rounds] { … }`",
        )


@frozen
class Incomplete(SyntaxProblem):
    """E0116: the statement that starts with `head` ends where `expected` (a phrase) should follow."""

    head: str
    expected: str

    def diagnostic(self) -> Diagnostic:
        return report(
            "E0116",
            f"this `{self.head}` is not complete",
            self.label(f"expected {self.expected}"),
            hint=FORMS.get(self.head),
        )


@frozen
class ChainedComparison(SyntaxProblem):
    """E0117: a comparison of a comparison."""

    text: str

    def diagnostic(self) -> Diagnostic:
        return report(
            "E0117",
            f"`{self.text}` follows another comparison",
            self.label("comparisons do not chain"),
            hint="join two comparisons with `and`: `1 < i and i < n`",
        )


def described(char: str) -> str:
    """How to speak of a character: as it is if it can be seen, by its number if not."""
    return f"`{char}`" if char.isprintable() and not char.isspace() else f"the character U+{ord(char):04X}"


def short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
