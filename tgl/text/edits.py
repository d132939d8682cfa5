"""Changes to a text as values."""

from __future__ import annotations

from collections.abc import Iterable

from tgl.text.frozen import frozen
from tgl.text.source import Span


@frozen
class Edit:
    """Replace what stands at `span` by `new_text`; an empty span inserts."""

    span: Span
    new_text: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made; their spans refer to the text as it was.

    Edits may come in any order. Two insertions at one offset keep the order in which they are given,
    and stand before a replacement that begins there.

    Raises:
        ValueError: if two edits overlap, or one lies outside of the text.
    """
    ordered = sorted(edits, key=lambda edit: (edit.span.start, edit.span.end))
    parts: list[str] = []
    at = 0
    for edit in ordered:
        span = edit.span
        if not 0 <= span.start <= span.end <= len(text):
            raise ValueError(
                f"edit at {span.start}..{span.end} is outside of a text of {len(text)} characters"
            )
        if span.start < at:
            raise ValueError(
                f"edit at {span.start}..{span.end} overlaps the one before it, which ends at {at}"
            )
        parts += (text[at : span.start], edit.new_text)
        at = span.end
    parts.append(text[at:])
    return "".join(parts)
