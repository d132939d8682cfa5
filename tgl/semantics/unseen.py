"""Characters that nobody sees in a file (E0191): what is read there may not be what runs."""

from __future__ import annotations

from tgl.diagnostics import Fix
from tgl.semantics.errors import names as facts
from tgl.semantics.errors.at import At
from tgl.semantics.problems import Problems
from tgl.syntax import Within, unseen
from tgl.text import SourceFile, Span


def check_unseen(source: SourceFile, problems: Problems) -> None:
    """Report each line that has such characters in a text, in a comment, or between words."""
    for found in unseen(source):
        first = found.offsets[0]
        chars = "".join(source.text[at] for at in found.offsets)
        together = source.text.startswith(chars, first)
        in_text = found.within is Within.TEXT
        title = "write them as escapes" if in_text else "remove them"
        at = At(source, Span(first, first + (len(chars) if together else 1)))
        fix = Fix(title, found.edits, safe=found.safe)
        escape = found.edits[0].new_text if in_text else None
        problems.add(facts.unseen_character(at, chars, found.within, escape, fix))
