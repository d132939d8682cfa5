"""Characters that nobody sees in a file (E0191): what is read there may not be what runs."""

from __future__ import annotations

from tgl.diagnostics import Fix
from tgl.semantics.errors import names as facts
from tgl.semantics.errors.at import At
from tgl.semantics.problems import Problems
from tgl.syntax import Within, unseen
from tgl.text import SourceFile, Span


def check_unseen(source: SourceFile, problems: Problems, *, declares: bool = True) -> None:
    """Report each line that has such characters in a text, in a comment, or between words.

    Args:
        source: the file.
        problems: where to report.
        declares: whether anything is declared in the file.
    """
    for found in unseen(source):
        if not declares and {source.text[at] for at in found.offsets} == {"\r"}:
            continue  # line ends of long ago make one comment of a file: W0101 says so
        first = found.offsets[0]
        chars = "".join(source.text[at] for at in found.offsets)
        together = source.text.startswith(chars, first)
        in_text = found.within is Within.TEXT
        title = "write them as escapes" if in_text else "remove them"
        at = At(source, Span(first, first + (len(chars) if together else 1)))
        fix = Fix(title, found.edits, safe=found.safe)
        escape = found.edits[0].new_text if in_text else None
        problems.add(facts.unseen_character(at, chars, found.within, escape, fix))
