"""What is written where, and what is refused before anything is asked."""

import os
import stat
from pathlib import Path

import pytest

from tgl.pipeline.outputs import refuse_to_lose, refuse_to_record
from tgl.pipeline.searching import prepare
from tgl.pipeline.sources import write_file
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.watch import Watch
from tgl.report import LineProgress
from tgl.runtime import CallsNeeded


def test_a_link_stays_a_link_and_permissions_stay(tmp_path: Path) -> None:
    target, link = tmp_path / "target.tgl", tmp_path / "link.tgl"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o640)
    link.symlink_to(target)
    write_file(link, "new")
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.tgl", "target.tgl"]


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    """`--output /dev/null`, given by root, replaced the device by a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(Stop) as stop:
        refuse_to_lose(pipe, str(tmp_path / "p.tgl"), force=True)
    assert stop.value.exit_code is Exit.USAGE
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_link_to_the_program_is_the_program(program: Path) -> None:
    link = program.with_name("link.tgl")
    link.symlink_to(program)
    with pytest.raises(Stop, match="the program that is searched"):
        refuse_to_lose(link, str(program), force=True)


@pytest.mark.parametrize("name", ["p.tgl", "adds.jsonl", "p.opt.tgl", "missing/r.jsonl", "."])
def test_a_recording_replaces_nothing_that_the_search_needs(program: Path, name: str) -> None:
    plan = prepare(str(program))
    with pytest.raises(Stop) as stop:
        refuse_to_record(program.parent / name, plan, program.with_name("p.opt.tgl"))
    assert stop.value.exit_code is Exit.USAGE
    assert "--record" in (stop.value.diagnostics[0].help or "")


def test_a_recording_may_be_made_anew(program: Path) -> None:
    record = program.with_name("r.jsonl.gz")
    record.write_bytes(b"an older one")
    refuse_to_record(record, prepare(str(program)), program.with_name("p.opt.tgl"))


def test_a_reader_of_progress_that_went_away_ends_no_search() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w", encoding="utf-8", buffering=1) as stream:
        watch = Watch(LineProgress(stream, lambda: 0.0))
        watch.event(CallsNeeded(3))
        watch.event(CallsNeeded(2))
        assert watch.snapshot.needed == 5
        os.dup2(os.open(os.devnull, os.O_WRONLY), writing)  # so that closing has somewhere to flush to
