"""Two processes, one store."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tgl.storage import SqliteStore

WRITER = """
    import asyncio, sys
    from pathlib import Path
    from tgl.storage import Journal, SqliteStore
    from tgl.testing.store_suite import sample_response

    me, start = sys.argv[2], int(sys.argv[3])

    async def put(store, number):
        return await store.put([sample_response(number, me)])

    async def main(store):
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(put(store, number)) for number in range(start, start + 300)]
        return [task.result()[0] for task in tasks]

    with SqliteStore(Path(sys.argv[1])) as store:
        journal = Journal(store, me, resume=False)
        print("ready", flush=True)
        sys.stdin.readline()
        for step in range(20):
            journal.record("step", step)
            store.count("reads", add=1)
        for record in asyncio.run(main(store)):
            print(record.identity, record.text)
"""


def test_two_processes_write_at_once_and_agree(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    script = textwrap.dedent(WRITER)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(path), name, start],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name, start in (("one", "0"), ("two", "150"))
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    told = [
        dict(line.split() for line in writer.communicate(timeout=60)[0].splitlines()) for writer in writers
    ]
    assert [writer.returncode for writer in writers] == [0, 0]
    with SqliteStore(path) as store:
        truth = {record.identity: record.text for record in store.records()}
        assert len(truth) == 450
        assert [len(store.journal_read(name)) for name in ("one", "two")] == [20, 20]
        assert store.count("reads") == 40
    for answers in told:
        assert len(answers) == 300
        assert answers.items() <= truth.items()


def test_many_make_one_store_at_once(tmp_path: Path) -> None:
    """SQLite does not wait by itself when two switch a new file to its log."""

    def opened(path: Path) -> int:
        with SqliteStore(path) as store:
            return store.count("opened", add=1)

    with ThreadPoolExecutor(8) as pool:
        for number in range(10):
            counts = list(pool.map(opened, [tmp_path / f"{number}.sqlite"] * 8))
            assert sorted(counts) == list(range(1, 9))
