"""Where recorded responses and search journals are kept.

The first stored response of an identity is the truth (semantics.md 1). Failures are never stored.
"""

from tgl.storage.errors import JournalMismatch, StoreError, StoreErrorKind
from tgl.storage.evidence import RecordedFile, export, import_
from tgl.storage.journal import Journal, JournalRecord
from tgl.storage.layered import Layered
from tgl.storage.memory import MemoryStore
from tgl.storage.misses import why_missing
from tgl.storage.protocol import ReadOnlyResponses, ResponseStore, Transcript
from tgl.storage.records import Origin, StoredResponse
from tgl.storage.sqlite import SqliteStore

__all__ = [
    "Journal",
    "JournalMismatch",
    "JournalRecord",
    "Layered",
    "MemoryStore",
    "Origin",
    "ReadOnlyResponses",
    "RecordedFile",
    "ResponseStore",
    "SqliteStore",
    "StoreError",
    "StoreErrorKind",
    "StoredResponse",
    "Transcript",
    "export",
    "import_",
    "why_missing",
]
