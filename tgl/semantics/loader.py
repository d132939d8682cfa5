"""Where the files come from that a program uses."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Protocol

from tgl.text import SourceFile, frozen


@frozen
class LoadFailure:
    """Why a file could not be had, in words that continue "cannot read `x`: …"; `near` are paths that can."""

    reason: str
    near: tuple[str, ...] = ()


class Loader(Protocol):
    """Finds the files that `use "…"` names. The standard library does not come through it."""

    def load(self, path: str, importer: str) -> SourceFile | LoadFailure:
        """The file at `path`, taken relative to the file named `importer`.

        The name of the source that is returned identifies the file: two ways to write the same path
        give the same name.
        """
        ...


@frozen
class MemoryLoader:
    """Files held in memory: name to text, names with `/` as in a folder."""

    files: Mapping[str, str]

    def load(self, path: str, importer: str) -> SourceFile | LoadFailure:
        name = posixpath.normpath(posixpath.join(posixpath.dirname(importer), path))
        if name not in self.files:
            folder = posixpath.dirname(path)
            there = [one for one in self.files if posixpath.dirname(one) == posixpath.dirname(name)]
            near = [posixpath.join(folder, posixpath.basename(one)) for one in there]
            return LoadFailure("there is no such file", tuple(sorted(near)))
        return SourceFile(name, self.files[name])


NO_FILES = MemoryLoader({})
