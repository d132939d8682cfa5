"""The files that an editor has open, and those on disk behind them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from pygls import uris

from tgl import ide
from tgl.pipeline.home import home_of
from tgl.pipeline.loading import FileLoader
from tgl.semantics import LoadFailure
from tgl.text import SourceFile

MOST_FILES = 500
SKIPPED = frozenset({"node_modules", "build", "dist"})


def name_of(uri: str) -> str:
    """The name of a document's source: its path, or the URI of one that was never saved."""
    path = uris.to_fs_path(uri) if uri.startswith("file:") else None
    return uri if path is None else os.path.normpath(path)


def uri_of(name: str) -> str:
    """The URI of a source."""
    if ":" in name and not os.path.isabs(name):
        return name
    return uris.from_fs_path(os.path.abspath(name)) or name


@dataclass(slots=True)
class Open:
    """A document with what was found in it last; `version` counts the editor's changes.

    `uses` names all files that it needed when it was last checked whole.
    """

    uri: str
    version: int | None
    findings: ide.Findings
    uses: frozenset[str]


@dataclass(slots=True)
class Documents:
    """Open documents by the names of their sources. Loads files: an open one wins over the disk."""

    opened: dict[str, Open] = field(default_factory=dict[str, Open])
    roots: list[Path] = field(default_factory=list[Path])

    def load(self, path: str, importer: str) -> SourceFile | LoadFailure:
        """The file that `use "…"` names."""
        if ":" in importer and not os.path.isabs(importer):
            return LoadFailure("this file was never saved, so it has no folder")
        name = os.path.normpath(home_of(Path(importer)) / path)
        found = self.opened.get(name)
        return found.findings.source if found is not None else FileLoader().load(path, importer)

    def source(self, uri: str) -> SourceFile | None:
        """The text of a document that is open."""
        found = self.opened.get(name_of(uri))
        return None if found is None else found.findings.source

    def look(self, source: SourceFile) -> tuple[ide.Findings, frozenset[str]]:
        """What is wrong with a text, and all files that it needs, itself too."""
        return ide.whole(source, self), frozenset(ide.read_project(source, self).files)

    def users(self, name: str) -> tuple[str, ...]:
        """The names of the open documents that use another, directly or through files between."""
        return tuple(other for other, found in self.opened.items() if other != name and name in found.uses)

    def others(self, source: SourceFile) -> tuple[SourceFile, ...]:
        """The other programs of the workspace, open or on disk; at most 500."""
        names = dict.fromkeys(self.opened)
        for root in self.roots:
            names |= dict.fromkeys(programs(root))
        found: list[SourceFile] = []
        for name in list(names)[:MOST_FILES]:
            if name == source.name:
                continue
            if name in self.opened:
                found.append(self.opened[name].findings.source)
            else:
                try:
                    text = Path(name).read_text(encoding="utf-8", errors="surrogateescape")
                except OSError:
                    continue
                found.append(SourceFile(name, text))
        return tuple(found)


def programs(root: Path) -> list[str]:
    """Paths of the programs below a folder, sorted; hidden folders and those of builds are left out."""
    found: list[str] = []
    for folder, inside, files in os.walk(root):
        inside[:] = sorted(name for name in inside if name not in SKIPPED and not name.startswith("."))
        found += (os.path.join(folder, name) for name in sorted(files) if name.endswith(".tgl"))
        if len(found) >= MOST_FILES:
            break
    return found[:MOST_FILES]
