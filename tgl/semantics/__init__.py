"""From tree to meaning: imports, names, facts, and the IR of a graph."""

from tgl.semantics.declared import declared_tasks
from tgl.semantics.fold import ABSENT, FoldError, is_static
from tgl.semantics.fold import op as apply_operator
from tgl.semantics.invariants import Broken, InternalError, Invariant
from tgl.semantics.lints.places import Spot, spots
from tgl.semantics.loader import NO_FILES, Loader, LoadFailure, MemoryLoader
from tgl.semantics.lowering.quantify import is_symmetric
from tgl.semantics.program import Checked, Lowered, check, lower
from tgl.semantics.scope import FileScope, Named
from tgl.semantics.used import UsedDeclaration, used_declarations
from tgl.semantics.verify import verify

__all__ = [
    "ABSENT",
    "NO_FILES",
    "Broken",
    "Checked",
    "FileScope",
    "FoldError",
    "InternalError",
    "Invariant",
    "LoadFailure",
    "Loader",
    "Lowered",
    "MemoryLoader",
    "Named",
    "Spot",
    "UsedDeclaration",
    "apply_operator",
    "check",
    "declared_tasks",
    "is_static",
    "is_symmetric",
    "lower",
    "spots",
    "used_declarations",
    "verify",
]
