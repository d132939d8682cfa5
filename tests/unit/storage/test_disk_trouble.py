"""What disks do to stores: full, read-only, damaged. Told each time, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tgl.storage import SqliteStore, StoredResponse, StoreError, StoreErrorKind
from tgl.testing.store_suite import sample_response

NOBODY = 65534
ASSET = Path(__file__).parents[2] / "compat" / "assets" / "schema1.sqlite"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with 400 KB; only root can make one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(store: SqliteStore, accepted: list[StoredResponse]) -> None:
    """Write until it is refused."""
    for number in range(10_000):
        record = sample_response(number, "x" * 2000)
        assert store.write([record]) == (record,)
        accepted.append(record)


def read_all(path: Path, *, read_only: bool = False) -> tuple[int, int, int]:
    """How much of everything a store of schema 1 holds."""
    with SqliteStore(path, read_only=read_only) as store:
        return len(list(store.records())), len(store.journal_read("a" * 64)), store.count("test:other")


def test_silent_cache_write_failure_on_a_full_disk(small_disk: Path) -> None:
    """The trap of Nextflow #7471, on a disk that is really full."""
    path = small_disk / "store.sqlite"
    accepted: list[StoredResponse] = []
    with SqliteStore(path) as store:
        store.journal_append("search", 0, "ask", "1")
        with pytest.raises(StoreError) as caught:
            fill(store, accepted)
        assert caught.value.kind is StoreErrorKind.DISK_FULL
        assert str(path) in caught.value.message
        with pytest.raises(StoreError):
            store.journal_append("search", 1, "tell", "x" * 100_000)
        assert len(accepted) > 10
        assert list(store.records()) == accepted
    subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk)], check=True)
    with SqliteStore(path) as store:
        assert list(store.records()) == accepted
        assert [step.kind for step in store.journal_read("search")] == ["ask"]
        late = sample_response(20_000, "x" * 50_000)
        assert store.write([late]) == (late,)


def test_no_store_is_made_on_a_full_disk(small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(400 * 1024))
    with pytest.raises(StoreError) as caught:
        SqliteStore(small_disk / "store.sqlite")
    assert caught.value.kind is StoreErrorKind.DISK_FULL


LIMITED = """
    import resource, sys
    from pathlib import Path
    from tgl.storage import SqliteStore, StoreError
    from tgl.testing.store_suite import sample_response

    store = SqliteStore(Path(sys.argv[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    accepted = 0
    try:
        for number in range(10_000):
            store.write([sample_response(number, "x" * 2000)])
            accepted += 1
    except StoreError as error:
        print(accepted, error.kind.value)
"""


@pytest.mark.skipif(os.name == "nt", reason="no limits on the size of files")
def test_a_file_that_may_not_grow_is_told_and_keeps_what_was_accepted(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    done = in_process(LIMITED, str(path))
    accepted, kind = done.stdout.split()
    assert kind == "disk_full", done.stdout
    assert int(accepted) > 10
    with SqliteStore(path) as store:
        assert len(store.identities()) == int(accepted)


def in_process(script: str, *arguments: str, user: int | None = None) -> subprocess.CompletedProcess[str]:
    """A script in a process of its own, perhaps as another user."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *arguments],
        capture_output=True,
        text=True,
        user=user,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done


READER = """
    import os, sys
    from pathlib import Path
    from tgl.storage import SqliteStore, StoreError
    from tgl.testing.store_suite import sample_response

    user = int(sys.argv[2])
    if user:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    path = Path(sys.argv[1])
    try:
        with SqliteStore(path) as store:
            store.write([sample_response(1)])
        print("written")
    except StoreError as error:
        print(error.kind.value, str(path) in error.message, bool(error.help))
    with SqliteStore(path, read_only=True) as store:
        print(len(store.identities()), store.count("test:other"), store.note_get("x"), store.failures())
        for use in (
            lambda: store.write([sample_response(1)]),
            lambda: store.count("test:other", add=1),
            lambda: store.journal_append("s", 0, "ask", "1"),
        ):
            try:
                use()
                print("written")
            except StoreError as error:
                print(error.kind.value)
"""


@pytest.mark.parametrize("schema", [1, 2])
@pytest.mark.parametrize("folder_too", [False, True])
def test_a_store_that_may_not_be_written_is_read_as_it_is(
    tmp_path: Path, schema: int, folder_too: bool
) -> None:
    """Also one of schema 1: it need not be brought up to date to be read."""
    # pytest's own folders are closed to others.
    outside = Path("/tmp") / f"tgl-read-only-{os.getpid()}-{schema}-{folder_too}"
    outside.mkdir()
    path = Path(shutil.copy(ASSET, outside / "store.sqlite"))
    try:
        if schema == 2:
            SqliteStore(path).close()
        before = path.read_bytes()
        path.chmod(0o444)
        outside.chmod(0o555 if folder_too else 0o777)
        lines = in_process(READER, str(path), str(NOBODY if os.geteuid() == 0 else 0)).stdout.splitlines()
        assert lines == ["read_only True True", "21 1 None []", *["read_only"] * 3]
        assert path.read_bytes() == before
    finally:
        outside.chmod(0o755)
        shutil.rmtree(outside)


@pytest.mark.parametrize("keep", [1, 50, 100, 512, 4096, 4097, 9000])
def test_a_truncated_store_is_told_and_left_alone(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(ASSET.read_bytes()[:keep])
    before = path.read_bytes()
    with pytest.raises(StoreError) as caught:
        read_all(path)
    assert caught.value.kind in (StoreErrorKind.NOT_A_STORE, StoreErrorKind.DAMAGED)
    assert str(path) in caught.value.message
    assert caught.value.help
    assert path.read_bytes()[100:] == before[100:]  # SQLite counts openings in the first 100 bytes


@pytest.mark.parametrize("page", [0, 2, 3, 4, 5])
def test_a_page_of_rubbish_is_told(tmp_path: Path, page: int) -> None:
    data = bytearray(ASSET.read_bytes())
    start = 100 if page == 0 else 4096 * page  # the first page begins with the file's header
    data[start : 4096 * (page + 1)] = b"\xa5" * (4096 * (page + 1) - start)
    path = tmp_path / "store.sqlite"
    path.write_bytes(data)
    with pytest.raises(StoreError) as caught:
        read_all(path, read_only=True)
    assert caught.value.kind in (StoreErrorKind.NOT_A_STORE, StoreErrorKind.DAMAGED)


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    for read_only in (False, True):
        with pytest.raises(StoreError, match="is a folder") as caught:
            SqliteStore(tmp_path, read_only=read_only)
        assert caught.value.kind is StoreErrorKind.UNREADABLE


def test_databases_of_other_programs_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    for statements in (
        ["CREATE TABLE songs (name TEXT)"],
        ["CREATE TABLE meta (name TEXT, value TEXT)", "INSERT INTO meta VALUES ('schema', '1')"],
    ):
        path.unlink(missing_ok=True)
        other = sqlite3.connect(path, isolation_level=None)
        for statement in statements:
            other.execute(statement)
        other.close()
        before = path.read_bytes()
        for read_only in (False, True):
            with pytest.raises(StoreError, match="another program"):
                SqliteStore(path, read_only=read_only)
        assert path.read_bytes() == before


def test_a_store_that_is_read_may_be_written_by_another_process(tmp_path: Path) -> None:
    """Its newest responses lie in the log until it is closed."""
    path = tmp_path / "store.sqlite"
    with SqliteStore(path) as writing:
        writing.write([sample_response(1)])
        with SqliteStore(path, read_only=True) as reading:
            assert len(reading.identities()) == 1
            writing.write([sample_response(2)])
            assert len(reading.identities()) == 2


def test_a_call_takes_less_than_a_kilobyte_besides_its_text(tmp_path: Path) -> None:
    """With real lengths: 16 digits of two hashes, options, two messages."""
    path = tmp_path / "store.sqlite"
    with SqliteStore(path) as store:
        for start in range(0, 10_000, 1000):
            store.write(
                [
                    sample_response(
                        0x9E3779B97F4A7C15F39CC0605CEDC834 * number % 2**256,
                        "",
                        origin={
                            "model": "0123456789abcdef",
                            "messages": f"{number:016x}",
                            "options": '{"max_tokens":2048,"stop":["\\n\\n"],"temperature":0.7,"top_p":0.95}',
                            "draw": number % 64,
                            "salt": "final",
                            "parts": "s01234567 u89abcdef",
                        },
                    )
                    for number in range(start + 1, start + 1001)
                ]
            )
    size = path.stat().st_size / 10_000
    assert size <= 1000, f"{size:.0f} bytes a call"
