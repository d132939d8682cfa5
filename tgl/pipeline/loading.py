"""Programs from disk: the files that they use, checked and lowered."""

from __future__ import annotations

import os
from pathlib import Path

from tgl.ir import ProgramIR
from tgl.pipeline.sources import STDIN, read_source
from tgl.pipeline.stop import Exit, Stop
from tgl.semantics import Checked, LoadFailure, check, lower
from tgl.text import SourceFile


class FileLoader:
    """Files that `use "…"` names, relative to the file that uses them."""

    def load(self, path: str, importer: str) -> SourceFile | LoadFailure:
        """The file; two ways to write the same path give one name."""
        folder = Path() if importer == "<stdin>" else Path(importer).parent
        name = os.path.normpath(folder / path)
        try:
            return SourceFile(name, Path(name).read_text(encoding="utf-8", errors="surrogateescape"))
        except FileNotFoundError:
            return LoadFailure("there is no such file")
        except OSError as error:
            return LoadFailure(str(error.strerror or error).lower())


def load_program(name: str) -> Checked:
    """A checked program.

    Raises:
        Stop: it can't be read or has errors.
    """
    checked = check(read_source(name), FileLoader())
    if not checked.ok:
        raise Stop(Exit.FAILED, *checked.problems)
    return checked


def lower_program(checked: Checked, *, graph: str | None = None) -> ProgramIR:
    """The IR of the program's graph.

    Raises:
        Stop: it is not clear which graph is meant, or the graph has errors.
    """
    lowered = lower(checked, graph)
    if lowered.ir is None:
        raise Stop(Exit.FAILED, *lowered.problems)
    return lowered.ir


def import_texts(checked: Checked) -> tuple[str, ...]:
    """The texts of all files that the program uses, itself excepted."""
    own = checked.module.source.name
    return tuple(module.source.text for name, module in checked.modules.items() if name != own)


def folder_of(name: str) -> Path:
    """The folder that a program's paths are relative to."""
    return Path() if name == STDIN else Path(name).parent
