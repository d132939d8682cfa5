"""What an editor asks about a program, as values: no protocol, no editor, nothing is ever executed."""

from tgl.ide.actions import Action, actions
from tgl.ide.checking import Findings, quick, whole
from tgl.ide.complete import Completion, complete
from tgl.ide.domains import Domain, domain_of
from tgl.ide.hover import Hover, hover
from tgl.ide.keys import KEYS
from tgl.ide.outline import Entry, Hint, hints, outline
from tgl.ide.project import Project, read_project
from tgl.ide.rename import Overlay, Refused, references, renamable, rename
from tgl.ide.symbols import Occurrence, Symbol, occurrence_at, occurrences

__all__ = [
    "KEYS",
    "Action",
    "Completion",
    "Domain",
    "Entry",
    "Findings",
    "Hint",
    "Hover",
    "Occurrence",
    "Overlay",
    "Project",
    "Refused",
    "Symbol",
    "actions",
    "complete",
    "domain_of",
    "hints",
    "hover",
    "occurrence_at",
    "occurrences",
    "outline",
    "quick",
    "read_project",
    "references",
    "renamable",
    "rename",
    "whole",
]
