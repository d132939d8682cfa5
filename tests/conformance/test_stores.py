"""The built-in stores against the suites that a stranger's store has to pass."""

import contextlib
import sqlite3

import pytest

from tgl.storage import Layered, MemoryStore, RecordedFile, SqliteStore, export
from tgl.testing import FaultyStore, ResponseStoreSuite, StoreFaultSuite, StoreSuite


class TestSqlite(StoreSuite):
    @pytest.fixture
    def store(self, tmp_path):
        with SqliteStore(tmp_path / "store.sqlite") as opened:
            yield opened


class TestMemory(StoreSuite):
    @pytest.fixture
    def store(self):
        with MemoryStore() as opened:
            yield opened


class TestLayered(ResponseStoreSuite):
    @pytest.fixture
    def store(self, tmp_path):
        export(MemoryStore(), tmp_path / "empty.jsonl")
        with SqliteStore(tmp_path / "store.sqlite") as opened:
            yield Layered(opened, RecordedFile(tmp_path / "empty.jsonl"))


class TestSqliteFaults(StoreFaultSuite):
    @pytest.fixture
    def faulty(self, tmp_path):
        path = tmp_path / "store.sqlite"

        def pragma(text):
            return opened.run(lambda: opened.connection.execute(f"PRAGMA {text}").fetchone())

        @contextlib.contextmanager
        def failing_writes():
            (pages,) = pragma("page_count")
            pragma(f"max_page_count = {pages + 4}")
            yield
            pragma("max_page_count = 1000000")

        @contextlib.contextmanager
        def failing_reads():
            denied = sqlite3.SQLITE_DENY
            opened.run(lambda: opened.connection.set_authorizer(lambda *_: denied))
            yield
            opened.run(lambda: opened.connection.set_authorizer(None))

        @contextlib.contextmanager
        def locked():
            pragma("busy_timeout = 0")
            other = sqlite3.connect(path, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
            other.close()

        with SqliteStore(path) as opened:
            yield FaultyStore(opened, failing_writes, failing_reads, locked)
