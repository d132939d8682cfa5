"""Offsets to lines and columns, in one place for the whole program."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import field

from tgl.text.frozen import frozen


@frozen
class LineIndex:
    r"""Where the lines of a text begin. Only `\n` ends a line; a `\r` before it belongs to the line end."""

    text: str
    starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        object.__setattr__(self, "starts", tuple(starts))

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both 1-based; a column counts code points.

        Args:
            offset: 0 <= offset <= len(text); the end of the text is a position too.

        Raises:
            ValueError: if the offset is outside of the text.
        """
        if not 0 <= offset <= len(self.text):
            raise ValueError(f"offset {offset} is outside of a text of {len(self.text)} characters")
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """Text of a 1-based line without its line end.

        Raises:
            ValueError: if there is no such line.
        """
        if not 1 <= line <= len(self.starts):
            raise ValueError(f"line {line} is outside of a text of {len(self.starts)} lines")
        start = self.starts[line - 1]
        end = self.starts[line] - 1 if line < len(self.starts) else len(self.text)
        return self.text[start:end].removesuffix("\r")

    def line_start(self, line: int) -> int:
        """Offset at which a 1-based line begins."""
        if not 1 <= line <= len(self.starts):
            raise ValueError(f"line {line} is outside of a text of {len(self.starts)} lines")
        return self.starts[line - 1]

    def utf16_position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both 0-based, the column in UTF-16 units: what editors speak."""
        line, column = self.position(offset)
        start = self.starts[line - 1]
        before = self.text[start : start + column - 1]
        return line - 1, sum(2 if ord(char) > 0xFFFF else 1 for char in before)

    def offset_of_utf16(self, line: int, column: int) -> int:
        """Offset of a place as editors give it: the inverse of `utf16_position`.

        Both are 0-based. What lies behind the end of a line or of the text is taken for that end.
        """
        if line >= len(self.starts):
            return len(self.text)
        offset = self.starts[max(line, 0)]
        end = offset + len(self.line_text(max(line, 0) + 1))
        while column > 0 and offset < end:
            column -= 2 if ord(self.text[offset]) > 0xFFFF else 1
            offset += 1
        return offset
