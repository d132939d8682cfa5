"""Where recorded responses and search journals are kept.

The first stored response of an identity is the truth (semantics.md 1). Failures are never stored.
"""

from tgl.storage.errors import JournalMismatch, StoreError, StoreErrorKind
from tgl.storage.evidence import RecordedFile, export, is_recording
from tgl.storage.journal import Journal, JournalRecord
from tgl.storage.kinds import kind_of, open_store
from tgl.storage.layered import Layered
from tgl.storage.memory import MemoryStore
from tgl.storage.merge import Merged, import_, merge
from tgl.storage.misses import Difference, Nearest, Part, settings_in, why_missing
from tgl.storage.protocol import ReadOnlyResponses, ResponseStore, Store, Transcript
from tgl.storage.records import Origin, StoredFailure, StoredResponse
from tgl.storage.sqlite import SqliteStore

__all__ = [
    "Difference",
    "Journal",
    "JournalMismatch",
    "JournalRecord",
    "Layered",
    "MemoryStore",
    "Merged",
    "Nearest",
    "Origin",
    "Part",
    "ReadOnlyResponses",
    "RecordedFile",
    "ResponseStore",
    "SqliteStore",
    "Store",
    "StoreError",
    "StoreErrorKind",
    "StoredFailure",
    "StoredResponse",
    "Transcript",
    "export",
    "import_",
    "is_recording",
    "kind_of",
    "merge",
    "open_store",
    "settings_in",
    "why_missing",
]
