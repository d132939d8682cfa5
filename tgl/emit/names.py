"""The names of the file that is written: what they mean, and which imports have to be added or dropped."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tgl.emit.clashes import declared
from tgl.emit.errors import UnwrittenDecision
from tgl.ir import ModelName, WhatName
from tgl.semantics import FileScope, Named
from tgl.syntax import ast


@dataclass(slots=True)
class FileNames:
    """Names of the program's own file; additions are noted as they are asked for."""

    main: FileScope
    scopes: Mapping[str, FileScope]
    taken: set[str] = field(default_factory=set[str])
    added: dict[tuple[str, bool], dict[str, str]] = field(
        default_factory=dict[tuple[str, bool], dict[str, str]]
    )
    dropped: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self.taken |= set(self.main.names)
        for scope in self.scopes.values():  # a graph of any file may come to be copied into this one
            for graph in scope.graphs():
                self.taken |= {item.name for item in declared(graph)}

    def spell(self, name: ModelName | WhatName, speaker: str = "") -> str:
        """The name of a model or a what in this file; imported if it has none yet.

        Where several files declare one of the name, that is meant which `speaker` knows.

        Raises:
            UnwrittenDecision: if that does not tell either.
        """
        found = self.called(name, self.scopes.values())
        if len(found) > 1 and speaker in self.scopes:
            found = self.called(name, [self.scopes[speaker]])
        if len(found) != 1:
            raise UnwrittenDecision(name.name, f"{len(found) or 'no'} declarations may be meant")
        return self.name_of(found[0])

    def is_clear(self, name: ModelName | WhatName) -> bool:
        """Whether a name alone tells which declaration is meant."""
        return len(self.called(name, self.scopes.values())) == 1

    def called(self, name: ModelName | WhatName, scopes: Iterable[FileScope]) -> list[Named]:
        """The declarations of a name that some files know, under whatever name of their own."""
        kinds = (ast.Model,) if isinstance(name, ModelName) else (ast.Role, ast.Fn, ast.Graph)
        plain = name.name.partition("#")[0]
        found: list[Named] = []
        for scope in scopes:
            for binding in scope.names.values():
                decl = binding.decl
                if isinstance(decl, kinds) and decl.name == plain and all(decl is not one for one in found):
                    found.append(decl)
        return found

    def name_of(self, decl: Named) -> str:
        """The name of a declaration in this file; imported if it has none yet."""
        for local, binding in self.main.names.items():
            if binding.decl is decl and local not in self.dropped:
                return local
        # From the file that declares it, or else from one that knows it under whatever name.
        files = [*self.reachable()]
        declare = [file for file in files if any(one is decl for one in file[2].module.decls)]
        for path, quoted, scope in (*declare, *files):
            for name, binding in scope.names.items():
                if binding.decl is decl:
                    return self.import_name((path, quoted), name)
        raise UnwrittenDecision(decl.name, "no file that could be imported declares it")

    def import_name(self, use: tuple[str, bool], name: str) -> str:
        known = self.added.setdefault(use, {})
        if name not in known:
            known[name] = self.fresh(name)
        return known[name]

    def fresh(self, name: str) -> str:
        """The name, or with a number behind it if it is taken; taken from now on."""
        found, number = name, 1
        while found in self.taken:
            number += 1
            found = f"{name}_{number}"
        self.taken.add(found)
        return found

    def reachable(self) -> Iterator[tuple[str, bool, FileScope]]:
        """The imported files with the path by which this file can use each, near ones first."""
        queue: list[tuple[FileScope, str]] = [(self.main, "")]
        seen = {self.main.source.name}
        while queue:
            scope, folder = queue.pop(0)
            for decl in scope.module.decls:
                target = self.target(decl, scope) if isinstance(decl, ast.Use) else None
                if target is None or not isinstance(decl, ast.Use):
                    continue
                path = decl.path if not decl.quoted or not folder else relative(folder, decl.path)
                if target.source.name not in seen:
                    seen.add(target.source.name)
                    queue.append((target, posixpath.dirname(path) if decl.quoted else ""))
                yield path, decl.quoted, target

    def target(self, use: ast.Use, importer: FileScope) -> FileScope | None:
        """The file that a `use` names."""
        if not use.quoted:
            return self.scopes.get(use.path.replace(".", "/") + ".tgl")
        name = posixpath.normpath(posixpath.join(posixpath.dirname(importer.source.name), use.path))
        if name in self.scopes:
            return self.scopes[name]
        wanted = [(item.name, importer.names[item.alias or item.name].decl) for item in use.names]
        return next(
            (
                scope
                for scope in self.scopes.values()
                if scope is not importer
                and all(name in scope.names and scope.names[name].decl is decl for name, decl in wanted)
            ),
            None,
        )

    # --- as edits of the `use` declarations

    def use_texts(self, use: ast.Use, text: str) -> tuple[str, ...]:
        """A `use` with what was added and dropped; none if nothing is left of it."""
        key = (use.path, use.quoted)
        more = self.added.pop(key, {})
        kept = [item for item in use.names if (item.alias or item.name) not in self.dropped]
        if not more and len(kept) == len(use.names):
            return (text,)
        names = [f"{item.name} as {item.alias}" if item.alias else item.name for item in kept]
        names += [imported(name, local) for name, local in more.items()]
        if not names:
            return ()
        head = text[: use.path_span.end - use.span.start]
        return (f"{head} {{ {', '.join(names)} }}",)

    def new_uses(self) -> tuple[str, ...]:
        """Declarations for what no `use` of the file can take up; call it after `use_texts`."""
        found: list[str] = []
        for (path, quoted), names in self.added.items():
            written = ", ".join(imported(name, local) for name, local in names.items())
            found.append(f"use {written_path(path, quoted)} {{ {written} }}")
        return tuple(found)


def imported(name: str, local: str) -> str:
    return name if name == local else f"{name} as {local}"


def relative(folder: str, path: str) -> str:
    """A path of a file that is itself used from elsewhere, as that place writes it."""
    found = posixpath.normpath(posixpath.join(folder, path))
    return found if found.startswith((".", "/")) else f"./{found}"


def written_path(path: str, quoted: bool) -> str:
    return f'"{path}"' if quoted else path
