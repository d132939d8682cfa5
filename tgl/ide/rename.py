"""Another name for a thing, at every place that names it; refused where that would change the program."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from tgl.diagnostics import Diagnostic
from tgl.ide.project import read_project
from tgl.ide.symbols import Occurrence, Symbol, occurrence_at, occurrences
from tgl.ir import ProgramIR
from tgl.semantics import Loader, LoadFailure, check, lower
from tgl.syntax import words
from tgl.text import Edit, SourceFile, apply_edits

BUILT_IN = frozenset("true false model_of".split())  # noqa: SIM905
NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a name is not changed, for a person."""

    reason: str


@dataclass(frozen=True, slots=True)
class Overlay:
    """Files as they would be after a change, before any others."""

    texts: Mapping[str, str]
    behind: Loader

    def load(self, path: str, importer: str) -> SourceFile | LoadFailure:
        """The file, changed if it is one of those."""
        found = self.behind.load(path, importer)
        if isinstance(found, SourceFile) and found.name in self.texts:
            return SourceFile(found.name, self.texts[found.name])
        return found


def renamable(source: SourceFile, offset: int, loader: Loader) -> Occurrence | Refused:
    """The name at an offset, if it may be changed."""
    found = occurrence_at(occurrences(read_project(source, loader)), offset)
    if found is None:
        return Refused("there is no name here that this file declares or imports")
    if found.symbol.home.startswith("std/"):
        return Refused(f"`{found.symbol.name}` belongs to the standard library; import it `as` another name")
    return found


def references(
    source: SourceFile, symbol: Symbol, others: Iterable[SourceFile], loader: Loader
) -> dict[str, tuple[Occurrence, ...]]:
    """The places that name a symbol, by file.

    Args:
        source: the file that is open.
        symbol: what is looked for.
        others: files that may name it too; those that `source` uses need not be among them.
        loader: finds the files that they use.
    """
    found: dict[str, tuple[Occurrence, ...]] = {}
    for file in (source, *others):
        project = read_project(file, loader)
        for name in project.files:
            if name not in found and not name.startswith("std/"):
                same = tuple(entry for entry in occurrences(project, name) if entry.symbol == symbol)
                found[name] = same
    return {name: places for name, places in found.items() if places}


def rename(
    source: SourceFile, offset: int, new: str, others: Iterable[SourceFile], loader: Loader
) -> dict[str, tuple[Edit, ...]] | Refused:
    """The edits of each file that give a thing another name.

    The result is proven before it is given: the changed files have the same problems as before, and the
    program means the same: its IR is equal but for the name.
    """
    found = renamable(source, offset, loader)
    if isinstance(found, Refused):
        return found
    symbol = found.symbol
    if not NAME.fullmatch(new):
        return Refused(f"`{new}` is no name: a name has letters, digits and `_`, and starts with a letter")
    if new in words.RESERVED or new in BUILT_IN:
        return Refused(f"`{new}` is a word of the language")
    if new == symbol.name:
        return {}
    others = tuple(others)
    places = references(source, symbol, others, loader)
    texts = {file.name: file.text for file in (*others, source)}
    for file in (source, *others):
        for name, parsed in read_project(file, loader).files.items():
            texts.setdefault(name, parsed.module.source.text)
    edits = {name: tuple(Edit(e.span, new) for e in entries) for name, entries in places.items()}
    after = {name: apply_edits(texts[name], changed) for name, changed in edits.items()}
    if reason := changes(source, others, texts, after, (symbol.name, new), loader):
        return Refused(reason)
    return edits


def changes(
    source: SourceFile,
    others: tuple[SourceFile, ...],
    before: Mapping[str, str],
    after: Mapping[str, str],
    names: tuple[str, str],
    loader: Loader,
) -> str | None:
    """What the program would mean otherwise under the new name, or None."""
    for file in (source, *(other for other in others if other.name in after)):
        old = check(SourceFile(file.name, before[file.name]), Overlay(before, loader))
        changed = {**before, **after}
        new = check(SourceFile(file.name, changed[file.name]), Overlay(changed, loader))
        if more := kinds(new.problems) - kinds(old.problems):
            code = min(more)
            message = next(p.message for p in new.problems if p.code == code)
            return f"it would change the program: {message}"
        meant, means = lower(old).ir, lower(new).ir
        if meant is not None and (means is None or merged(meant, names) != merged(means, names)):
            return "it would change what the program means"
    return None


def kinds(problems: Iterable[Diagnostic]) -> Counter[str]:
    return Counter(problem.code for problem in problems)


def merged(ir: ProgramIR, names: tuple[str, str]) -> str:
    """The IR as text, without the offsets at which things stand, the old and the new name as one."""
    text = json.dumps(without_places(ir.model_dump(mode="json")), ensure_ascii=False)
    return re.sub(rf"\b(?:{re.escape(names[0])}|{re.escape(names[1])})\b", names[0], text)


def without_places(value: JsonValue) -> JsonValue:
    match value:
        case dict():
            return {k: without_places(v) for k, v in value.items() if k not in ("place", "start", "end")}
        case list():
            return [without_places(item) for item in value]
        case _:
            return value
