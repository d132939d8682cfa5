"""The files of a data set on disk: one file, or those of a folder in a defined order.

A folder's files are in the order of their paths relative to it, compared part by part as text. Files and
folders whose names begin with `.` are left out, as are files that hold no rows by their names (a
README). Links to files are followed; a link to a folder is an error, since it may lead anywhere, or round
in a circle.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tgl.data.decoding import CAPS, Caps
from tgl.data.file_problems import NoSuchFile, TooLarge

FORMATS_BY_END = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".arrow": "datasets",
}
PACKED_ENDS = (".bz2", ".xz", ".zst", ".zip", ".7z", ".lz4", ".tar", ".tgz")


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file of a data set.

    Args:
        name: as the user knows it.
        path: relative to the folder, with `/`; the file's own name where no folder was named.
        content: its bytes, as they are on disk.
    """

    name: str
    path: str
    content: bytes

    @property
    def end(self) -> str:
        """The end of its name that tells the format, without `.gz`."""
        return end_of(self.path)

    @property
    def is_gzip(self) -> bool:
        """Whether its name says that it is packed."""
        return self.path.lower().endswith(".gz")


@dataclass(frozen=True, slots=True)
class DataFiles:
    """The files of a data set in order; `ignored` are those of a folder whose names hold no rows."""

    name: str
    files: tuple[DataFile, ...]
    ignored: tuple[str, ...] = ()
    is_folder: bool = False

    @property
    def hash(self) -> str:
        """`sha256:…`: of a file its bytes, of a folder the paths and the bytes of all its files."""
        if not self.is_folder and len(self.files) == 1:
            return "sha256:" + hashlib.sha256(self.files[0].content).hexdigest()
        every = hashlib.sha256(b"tgl.data")
        for file in self.files:
            every.update(b"\0" + file.path.encode(errors="surrogatepass") + b"\0")
            every.update(hashlib.sha256(file.content).digest())
        return "sha256:" + every.hexdigest()


def end_of(path: str) -> str:
    """`.jsonl` of `a/b.JSONL.gz`."""
    name = path.lower().removesuffix(".gz")
    dot = name.rfind(".", name.rfind("/") + 1)
    return name[dot:] if dot >= 0 else ""


def read_files(
    path: Path, *, ends: Sequence[str] | None = None, caps: Caps = CAPS
) -> DataFiles | NoSuchFile | TooLarge:
    """The files of a data set.

    Args:
        path: a file or a folder.
        ends: the ends of names that hold rows in a folder; None: all that are known.
        caps: the most that is read.
    """
    try:
        kind = path.stat()
        if stat.S_ISDIR(kind.st_mode):
            return read_folder(path, tuple(FORMATS_BY_END) if ends is None else tuple(ends), caps)
        if not stat.S_ISREG(kind.st_mode):
            return NoSuchFile(str(path), "it is neither a file nor a folder", "save the rows to a file")
        if kind.st_size > caps.total:
            return TooLarge(str(path), "the content", kind.st_size, caps.total)
        return DataFiles(str(path), (DataFile(str(path), path.name, path.read_bytes()),))
    except (OSError, ValueError) as error:
        return unreadable(path, error)


def unreadable(path: Path, error: OSError | ValueError) -> NoSuchFile:
    """Why a file can't be read."""
    match error:
        case FileNotFoundError():
            link = path.is_symlink()
            reason = "it is a link to a file that is not there" if link else "there is no such file"
        case OSError(strerror=str() as words):
            reason = words[:1].lower() + words[1:]
        case _:
            reason = str(error)
    return NoSuchFile(str(path), reason, "a task's `data` is a path relative to the program's folder")


def read_folder(folder: Path, ends: tuple[str, ...], caps: Caps) -> DataFiles | NoSuchFile | TooLarge:
    """The files of a folder.

    Raises:
        OSError: one can't be read, named in it.
    """
    found: list[DataFile] = []
    ignored: list[str] = []
    total = 0
    for path in entries(folder):
        relative = path.relative_to(folder).as_posix()
        if path.is_symlink() and path.is_dir():
            return NoSuchFile(str(path), "it is a link to a folder", "name the folder that it leads to")
        if end_of(relative) not in ends:
            ignored.append(relative)
            continue
        try:
            kind = path.stat()
            if not stat.S_ISREG(kind.st_mode):
                return NoSuchFile(str(path), "it is no file", "move it out of the folder")
            total += kind.st_size
            if total > caps.total:
                return TooLarge(str(folder), "the content", total, caps.total)
            found.append(DataFile(str(path), relative, path.read_bytes()))
        except OSError as error:
            return unreadable(path, error)
        if len(found) > caps.files:
            return NoSuchFile(str(folder), f"it holds more than {caps.files:,} files", "name a part of it")
    return DataFiles(str(folder), tuple(found), tuple(ignored), is_folder=True)


def entries(folder: Path) -> Iterator[Path]:
    """The files below a folder, and links to folders, in order.

    Raises:
        OSError: a folder can't be read.
    """
    found: list[Path] = []
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as children:
            for child in children:
                if child.name.startswith("."):
                    continue
                if child.is_dir(follow_symlinks=False):
                    waiting.append(Path(child.path))
                else:
                    found.append(Path(child.path))
    yield from sorted(found, key=lambda path: path.relative_to(folder).parts)
