"""Where a search may write: its result and its responses go where nothing of a person's is lost."""

from __future__ import annotations

import os
from pathlib import Path

from tgl.emit import existing_state
from tgl.pipeline.fronts import default_front
from tgl.pipeline.searching import SearchPlan
from tgl.pipeline.session import shots_paths
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.trouble import placeless


def default_output(name: str) -> Path:
    """`p.tgl` gives `p.opt.tgl`; a point of a front gives a file beside the folder of the front."""
    return default_front(name).with_suffix(".opt.tgl")


def refuse_to_lose(output: Path, source: str, *, force: bool) -> None:
    """Make sure, before the search, that writing `output` is possible and loses nothing of a person's.

    Raises:
        Stop: it can't be written, is the searched program itself, or (without `force`) was edited by hand.
    """
    refuse_place(output, "--output")
    if same_file(output, Path(source)):
        raise Stop(
            Exit.USAGE,
            placeless(
                "R0305",
                f"{output} is the program that is searched",
                help="name another file with --output",
            ),
        )
    text = output.read_text(encoding="utf-8", errors="replace") if output.exists() else None
    state = existing_state(text)
    if not force and not state.may_be_overwritten:
        raise Stop(
            Exit.FAILED,
            placeless(
                "R0306",
                f"{output} was {state.value}",
                help="--force overwrites it; --output FILE writes elsewhere",
            ),
        )


def refuse_place(path: Path, option: str) -> None:
    """Make sure that a file can be made or replaced at `path`, which `option` named.

    Raises:
        Stop: it can't, or what stands there is no file.
    """
    folder = Path(os.path.realpath(path)).parent
    if path.is_dir():
        reason = "it is a folder"
    elif path.exists() and not path.is_file():
        reason = "it is no regular file"
    elif not folder.is_dir() or not os.access(folder, os.W_OK):
        reason = f"{folder} is no folder that can be written"
    else:
        return
    raise Stop(Exit.USAGE, placeless("R0305", f"{path}: {reason}", help=f"name another file with {option}"))


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file."""
    return one.exists() and other.exists() and one.samefile(other)


def refuse_to_record(record: Path, plan: SearchPlan, output: Path) -> None:
    """Make sure, before the search, that its responses can be written to `record` and replace nothing else.

    Raises:
        Stop: it can't be written, or is a file that the program needs, or `output`.
    """
    refuse_place(record, "--record")
    task = plan.ir.task
    data = () if task is None else (plan.folder / task.data,)
    shots = (plan.folder / path for path in shots_paths(plan.ir.graph))
    needed = (Path(plan.name), *map(Path, plan.checked.modules), *data, *shots)
    place, result = os.path.realpath(record), os.path.realpath(output)
    of_result = place == result or os.path.dirname(place) == result
    if of_result or any(same_file(record, path) for path in needed):
        raise Stop(
            Exit.USAGE,
            placeless(
                "R0305",
                f"{record} is part of the program or its result",
                help="name another file with --record",
            ),
        )
