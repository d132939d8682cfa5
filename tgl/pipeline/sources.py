"""Reading programs and writing files beside them."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from tgl.diagnostics import nearest_names
from tgl.pipeline.saying import placeless
from tgl.pipeline.stop import Exit, Stop
from tgl.text import SourceFile

STDIN = "-"


def read_source(name: str) -> SourceFile:
    """The program that a person named; `-` is standard input.

    Bytes that are no UTF-8 are kept as surrogates: the parser says what is wrong with them, with a place.

    Raises:
        Stop: there is no such file, or it can't be read: the command was used wrongly.
    """
    if name == STDIN:
        return SourceFile("<stdin>", sys.stdin.buffer.read().decode("utf-8", errors="surrogateescape"))
    path = Path(name)
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        match error:
            case FileNotFoundError():
                message, hint = f"there is no file {name}", missing_hint(path)
            case IsADirectoryError():
                message, hint = f"{name} is a folder", "name a .tgl file in it"
            case _:
                message, hint = f"{name} can't be read: {reason(error)}", "check the path and its permissions"
        raise Stop(Exit.USAGE, placeless("R0305", message, help=hint)) from None
    return SourceFile(name, data.decode("utf-8", errors="surrogateescape"))


def missing_hint(path: Path) -> str:
    """Where a file may be that is not at `path`."""
    try:
        beside = sorted(entry.stem for entry in path.parent.iterdir() if entry.suffix == ".tgl")
    except OSError:
        return "check the path" if path.parent.exists() else f"there is no folder {path.parent} either"
    if path.is_symlink():
        return "it is a link to a file that is not there"
    near = [path.stem] if path.stem in beside else nearest_names(path.stem, beside, limit=1)
    return f"did you mean {path.with_name(near[0] + '.tgl')}?" if near else "check the path"


def reason(error: OSError | ValueError) -> str:
    """Why a file could not be used, in words."""
    match error:
        case FileNotFoundError():
            return "there is no such file"
        case IsADirectoryError():
            return "it is a folder"
        case OSError(strerror=str() as words):
            return words[:1].lower() + words[1:]
        case _:
            return str(error)


def write_file(path: Path, text: str) -> None:
    """Replace a file in one step: readers see the old text or the new one, never half of it.

    A link stays one, and the file keeps its permissions.

    Raises:
        Stop: it can't be written; the old file is untouched.
    """
    target = Path(os.path.realpath(path))
    part = target.with_name(f".{target.name}.{os.getpid()}.part")  # two processes don't share one
    try:
        with part.open("w", encoding="utf-8", newline="") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        if target.exists():
            part.chmod(stat.S_IMODE(target.stat().st_mode))
        part.replace(target)
    except KeyboardInterrupt:
        with suppress(OSError):
            part.unlink()
        raise
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        missing = isinstance(error, FileNotFoundError)
        why = f"there is no folder {path.parent}" if missing else reason(error)
        hint = "make the folder, or name another file" if missing else "make it writable, or write elsewhere"
        raise Stop(Exit.OUTSIDE, placeless("R0305", f"{path} can't be written: {why}", help=hint)) from None
