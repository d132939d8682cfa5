"""Reading programs and writing files beside them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.trouble import placeless
from tgl.text import SourceFile

STDIN = "-"


def read_source(name: str) -> SourceFile:
    """The program that a person named; `-` is standard input.

    Bytes that are no UTF-8 are kept as surrogates: the parser says what is wrong with them, with a place.

    Raises:
        Stop: there is no such file, or it can't be read.
    """
    if name == STDIN:
        return SourceFile("<stdin>", sys.stdin.buffer.read().decode("utf-8", errors="surrogateescape"))
    try:
        data = Path(name).read_bytes()
    except FileNotFoundError:
        raise Stop(
            Exit.FAILED, placeless("R0305", f"there is no file {name}", help="check the path")
        ) from None
    except IsADirectoryError:
        raise Stop(
            Exit.FAILED, placeless("R0305", f"{name} is a folder", help="name a .tgl file in it")
        ) from None
    except OSError as error:
        raise Stop(Exit.FAILED, placeless("R0305", f"{name} can't be read: {error.strerror}")) from None
    return SourceFile(name, data.decode("utf-8", errors="surrogateescape"))


def write_file(path: Path, text: str) -> None:
    """Replace a file in one step: readers see the old text or the new one, never half of it.

    Raises:
        Stop: it can't be written; the old file is untouched.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Stop(
            Exit.OUTSIDE,
            placeless(
                "R0305", f"{path} can't be written: {error.strerror}", help="name another file with --output"
            ),
        ) from None
