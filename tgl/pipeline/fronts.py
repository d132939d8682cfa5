"""The folder of a front: `p.pareto` with a resolved program for each point, replaced as a whole."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tgl.emit import existing_state
from tgl.pipeline.home import FRONT, home_of, is_front
from tgl.pipeline.sources import reason
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.trouble import placeless

POINT = re.compile(r"[1-9][0-9]?\.tgl")
"""Names of points. Everything else in the folder is a person's, and stays."""


def default_front(name: str) -> Path:
    """`p.tgl` gives the folder `p.pareto`; one that is searched in a front gives another beside that."""
    path = Path(name)
    stem = path.name.removesuffix(".tgl").removesuffix(".opt")
    if is_front(path.parent):
        stem = f"{Path(os.path.abspath(path.parent)).name.removesuffix(FRONT)}-{stem}"
    return home_of(path) / f"{stem}{FRONT}"


def refuse_to_lose_front(folder: Path, *, force: bool) -> None:
    """Make sure, before the search, that a front can be written to `folder` and loses nothing of a person's.

    Raises:
        Stop: it can't, or (without `force`) a point there was edited by hand.
    """
    if not is_front(folder):
        raise Stop(
            Exit.USAGE,
            placeless(
                "R0305",
                f"{folder}: a search for a front writes a folder, and its name has to end in {FRONT}",
                help=f"as --output results{FRONT}; its programs are read as if they stood beside it",
            ),
        )
    above = Path(os.path.realpath(folder)).parent
    if folder.exists() and not folder.is_dir():
        why = "it is no folder"
    elif not above.is_dir() or not os.access(above, os.W_OK):
        why = f"{above} is no folder that can be written"
    elif folder.is_dir() and not os.access(folder, os.W_OK):
        why = "it can't be written"
    else:
        why = ""
    if why:
        raise Stop(Exit.USAGE, placeless("R0305", f"{folder}: {why}", help="name another with --output"))
    put_back(folder)
    for point in [] if force else points_in(folder):
        state = existing_state(point.read_text(encoding="utf-8", errors="replace"))
        if not state.may_be_overwritten:
            raise Stop(
                Exit.FAILED,
                placeless(
                    "R0306",
                    f"{point} was {state.value}",
                    help="--force replaces it; move it to another name to keep it",
                ),
            )


def put_back(folder: Path) -> None:
    """Put a folder back where it was that a writer had moved aside and not replaced when it was ended."""
    target = Path(os.path.realpath(folder))
    for old in sorted(target.parent.glob(f".{target.name}.*.old")):
        if not target.exists():
            with suppress(OSError):
                old.rename(target)


def points_in(folder: Path) -> list[Path]:
    """The files of a folder that are named as points, in order."""
    if not folder.is_dir():
        return []
    found = [one for one in folder.iterdir() if POINT.fullmatch(one.name) and one.is_file()]
    return sorted(found, key=lambda one: int(one.stem))


def write_front(folder: Path, texts: Mapping[str, str]) -> None:
    """Replace the points of a folder, all at once: it holds the old set or the new one, never a mixture.

    A new folder is made beside it, whole, then takes its place; what else was in the old one moves over.

    Args:
        folder: named `….pareto`; made if it is not there.
        texts: of the points, by file name.

    Raises:
        Stop: it can't be written; the old folder is untouched.
    """
    target = Path(os.path.realpath(folder))
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    old = target.with_name(f".{target.name}.{os.getpid()}.old")
    try:
        part.mkdir()
        for name, text in texts.items():
            with (part / name).open("w", encoding="utf-8", newline="") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
        if target.exists():
            target.rename(old)
        try:
            part.rename(target)
        except OSError:
            with suppress(OSError):
                old.rename(target)
            raise
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        told = placeless(
            "R0305",
            f"{folder} can't be written: {reason(error)}",
            help="name another folder with --output",
        )
        raise Stop(Exit.OUTSIDE, told) from None
    except KeyboardInterrupt:
        shutil.rmtree(part, ignore_errors=True)
        raise
    if not old.exists():
        return
    with suppress(OSError):  # what can't be moved stays where it is, in the folder that was moved aside
        for one in old.iterdir():
            if not POINT.fullmatch(one.name):
                one.rename(target / one.name)
        shutil.rmtree(old)
