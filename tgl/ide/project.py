"""A file with the files that it uses, as trees: what names lead to, without checking anything."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from tgl import resources
from tgl.semantics import Loader, LoadFailure, Named
from tgl.syntax import Parsed, ast, parse
from tgl.text import SourceFile

NAMED = (ast.Let, ast.Pool, ast.Model, ast.LabelDecl, ast.Role, ast.Fn, ast.Task, ast.Graph)
Callable: TypeAlias = ast.Role | ast.Fn | ast.Graph


@dataclass(frozen=True, slots=True)
class Target:
    """A declaration at the top of a file, and that file."""

    decl: Named
    home: SourceFile


@dataclass(frozen=True, slots=True)
class Project:
    """The trees of a file and of those that it uses, by the names of their sources."""

    main: SourceFile
    files: Mapping[str, Parsed]
    imports: Mapping[tuple[str, str], str]

    def module(self, home: str) -> ast.Module:
        """The tree of a file."""
        return self.files[home].module

    def shown(self, home: str) -> str:
        """A file's name as the main file would write it; "" for the main file itself."""
        if home == self.main.name:
            return ""
        folder = os.path.dirname(self.main.name)
        return os.path.relpath(home, folder).replace(os.sep, "/") if os.path.isabs(home) and folder else home

    def used(self, home: str, use: ast.Use) -> str | None:
        """The name of the source that a `use` names, or None if it can't be read."""
        return self.imports.get((home, use.path))

    def names(self, home: str) -> dict[str, Target]:
        """What the names of a file mean, imported ones and aliases too; what can't be found is left out."""
        found: dict[str, Target] = {}
        module = self.module(home)
        for decl in module.decls:
            if isinstance(decl, NAMED):
                found.setdefault(decl.name, Target(decl, module.source))
            elif isinstance(decl, ast.Use):
                other = self.used(home, decl)
                exported = {} if other in (None, home) else self.own(other)
                for item in decl.names:
                    if item.name in exported:
                        found.setdefault(item.alias or item.name, exported[item.name])
        return found

    def own(self, home: str) -> dict[str, Target]:
        """What a file exports."""
        module = self.module(home)
        own = {
            decl.name: Target(decl, module.source)
            for decl in reversed(module.decls)
            if isinstance(decl, NAMED)
        }
        for decl in module.decls:
            other = self.used(home, decl) if isinstance(decl, ast.Use) else None
            if isinstance(decl, ast.Use) and other is not None and other != home:
                behind = {d.name: d for d in self.module(other).decls if isinstance(d, NAMED)}
                for item in decl.names:
                    if item.name in behind:
                        target = Target(behind[item.name], self.module(other).source)
                        own.setdefault(item.alias or item.name, target)
        return own


@lru_cache(maxsize=64)
def parsed(source: SourceFile) -> Parsed:
    """The tree of a text; kept, since most texts of a project stay as they are.

    Each keystroke is another text, and the tree of 1,000 lines takes about 1 MB: so few are kept.
    """
    return parse(source)


def standard(path: str) -> SourceFile | None:
    """A module of the standard library, by its dotted name."""
    text = resources.stdlib_text(path)
    return None if text is None else SourceFile(path.replace(".", "/") + ".tgl", text)


def read_project(source: SourceFile, loader: Loader) -> Project:
    """A file and all that it uses. What can't be read is left out: the diagnostics tell."""
    files: dict[str, Parsed] = {}
    imports: dict[tuple[str, str], str] = {}
    todo = [source]
    while todo:
        file = todo.pop()
        if file.name in files:
            continue
        files[file.name] = parsed(file)
        for decl in files[file.name].module.decls:
            if not isinstance(decl, ast.Use):
                continue
            other = loader.load(decl.path, file.name) if decl.quoted else standard(decl.path)
            if other is None or isinstance(other, LoadFailure):
                continue
            imports[file.name, decl.path] = other.name
            todo.append(other)
    return Project(source, files, imports)
