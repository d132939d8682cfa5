"""Where a program is at home: the folder that its paths are relative to.

That is its own folder, but for the points of a front, `p.pareto/1.tgl`, the folder that `p.tgl` is in: their
text is that of `p.tgl`, with the same paths, and one that a person moves up beside it stays the same program.
"""

from __future__ import annotations

import os
from pathlib import Path

FRONT = ".pareto"
"""How the folder of a front is named, behind the name of its program."""


def home_of(program: Path) -> Path:
    """The folder that the paths of the program in this file are relative to."""
    folder = program.parent
    return Path(os.path.normpath(folder / "..")) if is_front(folder) else folder


def is_front(folder: Path) -> bool:
    """Whether a folder is named as that of a front, `p.pareto`."""
    name = Path(os.path.abspath(folder)).name
    return name.endswith(FRONT) and name != FRONT


def searched_file(program: Path) -> Path | None:
    """The program that a resolved one was written from, by its name: of `p.opt.tgl` or `p.pareto/1.tgl`.

    None if it does not stand there, or the name tells of none.
    """
    if is_front(program.parent):
        name = Path(os.path.abspath(program.parent)).name.removesuffix(FRONT)
        found = home_of(program) / f"{name}.tgl"
    elif program.name.endswith(".opt.tgl"):
        found = program.with_name(program.name.removesuffix(".opt.tgl") + ".tgl")
    else:
        return None
    return found if found.is_file() else None
