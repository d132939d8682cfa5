"""Taking statements out of a text, with what belongs to them, and putting others beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tgl.text import Edit, LineIndex, Span


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What becomes of a statement: nothing is left if `texts` is empty; the first takes its place."""

    span: Span
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """A source text by lines, with the places of its comments."""

    text: str
    lines: LineIndex
    comment_starts: Mapping[int, int]
    """Line (1-based) -> offset at which its comment begins."""

    @staticmethod
    def of(text: str, comments: Sequence[Span]) -> Layout:
        """The layout of a text; `comments` are the places of its comments, each on one line."""
        lines = LineIndex(text)
        return Layout(text, lines, {lines.position(span.start)[0]: span.start for span in comments})

    def edits(self, rewrites: Sequence[Rewrite]) -> list[Edit]:
        """The edits for the statements of one block, given in order and all of them."""
        edits: list[Edit] = []
        gone: list[tuple[int, int]] = []
        for start, end in self.removed_runs(rewrites):
            span = Span(rewrites[start].span.start, rewrites[end - 1].span.end)
            if self.is_alone(span):
                first, last = self.line_of(span.start), self.line_of(span.end)
                ends = self.ends_paragraph(rewrites, start, end - 1)
                gone.append((self.leading_comments(first) if ends else first, last + 1))
            else:
                edits.append(Edit(self.inline_removal(span), ""))
        for rewrite in rewrites:
            if not rewrite.texts:
                continue
            text, *more = rewrite.texts
            if text != self.text[rewrite.span.start : rewrite.span.end]:
                edits.append(Edit(rewrite.span, text))
            if more:
                edits.append(self.insertion(rewrite.span, more))
        # Blank lines between two removals go with them.
        blank = [(end, end + 1) for _, end in gone if end <= len(self.lines.starts) and self.is_blank(end)]
        starts = {first for first, _ in gone}
        blank = [(first, last) for first, last in blank if last in starts]
        return edits + [self.line_removal(first, last) for first, last in joined([*gone, *blank])]

    # --- removal

    def removed_runs(self, rewrites: Sequence[Rewrite]) -> Iterator[tuple[int, int]]:
        """The statements [start, end) that go and follow each other on one line."""
        start: int | None = None
        for position, rewrite in enumerate(rewrites):
            if rewrite.texts:
                continue
            start = position if start is None else start
            after = rewrites[position + 1] if position + 1 < len(rewrites) else None
            same_line = after and self.line_of(after.span.start) == self.line_of(rewrite.span.end)
            if after is None or after.texts or not same_line:
                yield start, position + 1
                start = None

    def is_alone(self, span: Span) -> bool:
        """Whether a statement shares its lines with nothing but comments."""
        first, last = self.line_of(span.start), self.line_of(span.end)
        before = self.text[self.lines.line_start(first) : span.start]
        return not before.strip() and not self.code_after(span.end, last).strip()

    def code_after(self, offset: int, line: int) -> str:
        """What follows on the line, without a comment."""
        end = self.comment_starts.get(line, self.lines.line_start(line) + len(self.lines.line_text(line)))
        return self.text[offset : max(end, offset)]

    def leading_comments(self, line: int) -> int:
        """The first of the comment lines directly above a line."""
        while line > 1 and self.is_comment(line - 1):
            line -= 1
        return line

    def ends_paragraph(self, rewrites: Sequence[Rewrite], first: int, last: int) -> bool:
        """Whether the comment above the removed statements first..last describes nothing that stays.

        One that begins a paragraph describes all of it, up to a blank or comment line; one in the middle of a
        paragraph describes the statement below it.
        """
        above = self.leading_comments(self.line_of(rewrites[first].span.start)) - 1
        if above >= 1 and not self.is_blank(above) and not self.lines.line_text(above).rstrip().endswith("{"):
            return True
        for rewrite, after in zip(rewrites[last:], rewrites[last + 1 :], strict=False):
            if self.line_of(after.span.start) != self.line_of(rewrite.span.end) + 1:
                return True
            if after.texts:
                return False
        return True

    def line_removal(self, first: int, last: int) -> Edit:
        """Takes out the lines [first, last), and one of two blank lines that would meet."""
        count = len(self.lines.starts)
        opens = first == 1 or self.lines.line_text(first - 1).rstrip().endswith("{")
        if last <= count and not self.lines.line_text(last).strip() and (opens or self.is_blank(first - 1)):
            last += 1
        closes = last > count or self.lines.line_text(last).strip() in ("", "}")
        if closes and first > 1 and self.is_blank(first - 1):
            first -= 1
        end = self.lines.line_start(last) if last <= count else len(self.text)
        return Edit(Span(self.lines.line_start(first), end), "")

    def inline_removal(self, span: Span) -> Span:
        """A statement among others on its line, with one `;`."""
        start, end = span.start, span.end
        while end < len(self.text) and self.text[end] in " \t":
            end += 1
        if self.text[end : end + 1] == ";":
            end += 1
            while end < len(self.text) and self.text[end] in " \t":
                end += 1
            return Span(start, end)
        while start > 0 and self.text[start - 1] in " \t":
            start -= 1
        return Span(start - 1 if self.text[start - 1 : start] == ";" else start, span.end)

    # --- insertion

    def insertion(self, span: Span, texts: Sequence[str]) -> Edit:
        """Puts statements behind one: on lines of their own (after its comment), or behind `;`."""
        first, last = self.line_of(span.start), self.line_of(span.end)
        start = self.lines.line_start(first)
        if self.is_alone(span):
            indent = self.text[start : span.start]
            end = self.lines.line_start(last) + len(self.lines.line_text(last))
            return Edit(Span(end, end), "".join(f"\n{indent}{text}" for text in texts))
        return Edit(Span(span.end, span.end), "".join(f"; {text}" for text in texts))

    def with_comments_above(self, span: Span) -> Span:
        """A declaration together with the comment lines directly above it."""
        first = self.leading_comments(self.line_of(span.start))
        return Span(self.lines.line_start(first), span.end)

    def line_of(self, offset: int) -> int:
        return self.lines.position(offset)[0]

    def is_comment(self, line: int) -> bool:
        return self.lines.line_text(line).lstrip().startswith("#") and line in self.comment_starts

    def is_blank(self, line: int) -> bool:
        return not self.lines.line_text(line).strip()


def joined(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges [first, last) that touch, made one.

    >>> joined([(1, 3), (3, 4), (6, 7)])
    [(1, 4), (6, 7)]
    """
    found: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found
