"""The files of a program: read once each, every file after the ones that it uses.

Any number of files may use each other, one behind the other: nothing here calls itself.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field

from tgl import resources
from tgl.diagnostics import Diagnostic, nearest_names
from tgl.semantics.derived import with_bases
from tgl.semantics.errors import names as facts
from tgl.semantics.errors.at import At
from tgl.semantics.loader import Loader, LoadFailure
from tgl.semantics.problems import Problems
from tgl.semantics.scope import FUNCTIONS, VALUES, Binding, Files, FileScope, Named, hides_built_in
from tgl.syntax import Parsed, ast, parse
from tgl.text import SourceFile

NAMED = (ast.Let, ast.Pool, ast.Model, ast.LabelDecl, ast.Role, ast.Fn, ast.Task, ast.Graph)

PLANNED = frozenset({"std.privacy", "std.rank"})
"""Modules of the standard library that later versions have."""

PLANNED_NAMES = {
    "std.roles": ("guard",),
    "std.reduce": ("latest",),
    "std.signals": (
        "embedding",
        "last_step",
        "pii_count",
        "steps",
    ),
}
"""Names that modules of the standard library will have."""

PRIVATE = "_"
"""What the names begin with that a file keeps for itself."""


@dataclass(slots=True)
class Importer:
    """Reads files as they are used, then binds their names.

    `uses` tells which file each `use` means, by its file's name and its place there; None where that was
    reported.
    """

    loader: Loader
    problems: Problems
    root: str
    parsed: dict[str, Parsed] = field(default_factory=dict[str, Parsed])
    order: list[str] = field(default_factory=list[str])
    uses: dict[tuple[str, int], str | None] = field(default_factory=dict[tuple[str, int], "str | None"])
    scopes: dict[str, FileScope] = field(default_factory=dict[str, FileScope])

    def read(self, source: SourceFile) -> None:
        """Parse a file and all that it uses; `order` has each file behind those that it uses."""
        way: list[tuple[str, Iterator[ast.Use]]] = []
        self.enter(source, way)
        while way:
            name, rest = way[-1]
            use = next(rest, None)
            if use is None:
                self.order.append(name)
                way.pop()
                continue
            source = self.parsed[name].module.source
            found = self.file(use, source)
            self.uses[name, use.span.start] = None if found is None else self.name_of(found)
            if found is None:
                continue
            other = self.name_of(found)
            path = [one for one, _ in way]
            if other in path:
                circle = [*path[path.index(other) :], other]
                self.problems.add(facts.import_cycle(At(source, use.path_span), circle))
                self.uses[name, use.span.start] = None
            elif other not in self.parsed:
                self.enter(found, way)

    def enter(self, source: SourceFile, way: list[tuple[str, Iterator[ast.Use]]]) -> None:
        """Parse a file, whose own uses come next."""
        parsed = parse(source)
        for problem in parsed.problems:
            self.problems.add(problem.diagnostic())
        self.parsed[source.name] = parsed
        way.append((source.name, iter([decl for decl in parsed.module.decls if isinstance(decl, ast.Use)])))

    def name_of(self, source: SourceFile) -> str:
        """What a file is called here; the program itself as the person who named it wrote it."""
        return self.root if source.name == posixpath.normpath(self.root) else source.name

    def bind(self, parsed: Parsed) -> FileScope:
        """The scope of a file; those of the files that it uses are there already."""
        source = parsed.module.source
        names: dict[str, Binding] = {}
        for decl in parsed.module.decls:
            for binding in self.bindings(decl, source):
                self.declare(binding, names, is_import=isinstance(decl, ast.Use))
        for name in sorted(parsed.broken_names):
            names.setdefault(name, Binding(name, None, source.name, At(source, parsed.module.span)))
        spans = tuple(problem.span for problem in parsed.problems)
        names = with_bases(names, source, self.problems)
        return FileScope(source, parsed.module, names, parsed.broken_names, spans)

    def declare(self, binding: Binding, names: dict[str, Binding], *, is_import: bool) -> None:
        built_in = binding.name in VALUES or (binding.name in FUNCTIONS and not is_import)
        if built_in or hides_built_in(binding.name, binding.decl):
            self.problems.add(facts.shadowed_name(binding.at, binding.name, None))
        elif binding.name in names:
            self.problems.add(facts.duplicate_name(binding.at, binding.name, names[binding.name].at))
        else:
            names[binding.name] = binding

    def bindings(self, decl: ast.Decl, source: SourceFile) -> list[Binding]:
        """The names that a declaration brings into its file."""
        if isinstance(decl, NAMED):
            return [Binding(decl.name, decl, source.name, At(source, decl.name_span))]
        if isinstance(decl, ast.Use):
            return self.imported(decl, source)
        return []

    def imported(self, use: ast.Use, source: SourceFile) -> list[Binding]:
        name = self.uses[source.name, use.span.start]
        other = None if name is None else self.scopes[name]
        found: list[Binding] = []
        for item in use.names:
            at = At(source, item.name_span)
            target = None if other is None else self.exported(use, item, other, at)
            local = item.alias or item.name
            decl: Named | None = None if target is None else target.decl
            found.append(Binding(local, decl, source.name if target is None else target.home, at))
        return found

    def exported(self, use: ast.Use, item: ast.UseName, other: FileScope, at: At) -> Binding | None:
        """What a name of another file means, or None after reporting that it has none for others."""
        target = other.names.get(item.name)
        if item.name.startswith(PRIVATE):
            self.problems.add(facts.private_name(at, item.name, use.path))
            return None
        if target is None and item.name in PLANNED_NAMES.get(use.path, ()):
            self.problems.add(facts.not_yet(at, f"`{item.name}`"))
        elif target is None and item.name not in other.broken and (other.names or not other.broken_spans):
            public = [name for name in other.names if not name.startswith(PRIVATE)]
            self.problems.add(facts.not_exported(at, item.name, use.path, public))
        return target

    def file(self, use: ast.Use, source: SourceFile) -> SourceFile | None:
        """The file that a `use` names, or None after reporting why not."""
        at = At(source, use.path_span)
        if use.quoted:
            loaded = self.loader.load(use.path, source.name)
            if isinstance(loaded, SourceFile):
                return loaded
            dotted = use.path.removesuffix(".tgl").replace("/", ".")
            if resources.stdlib_text(dotted) is not None:
                reason = f"modules of the standard library are named without quotes, `use {dotted} {{ … }}`"
                self.problems.add(facts.import_not_found(at, use.path, reason))
            else:
                self.problems.add(not_found(at, use.path, loaded))
            return None
        text = resources.stdlib_text(use.path)
        if text is not None:
            return SourceFile(use.path.replace(".", "/") + ".tgl", text)
        if use.path in PLANNED:
            self.problems.add(facts.not_yet(at, f"`{use.path}`"))
        else:
            reason = 'there is no such module; a file is named in quotes, `use "./file.tgl" { … }`'
            self.problems.add(facts.import_not_found(at, use.path, reason, resources.stdlib_modules()))
        return None


def not_found(at: At, path: str, failure: LoadFailure) -> Diagnostic:
    """E0201 for a file, with those whose own names are near, in whatever folder."""
    if f"{path}.tgl" in failure.near:
        return facts.import_not_found(at, path, f"{failure.reason}; there is `{path}.tgl`")
    stems = {posixpath.splitext(posixpath.basename(one))[0]: one for one in failure.near}
    near = nearest_names(posixpath.splitext(posixpath.basename(path))[0], stems)
    return facts.import_not_found(at, path, failure.reason, [stems[name] for name in near])


def read_files(source: SourceFile, loader: Loader, problems: Problems) -> Files:
    """All files of a program; what cannot be read is reported and left out."""
    importer = Importer(loader, problems, source.name)
    importer.read(source)
    for name in importer.order:
        importer.scopes[name] = importer.bind(importer.parsed[name])
    return Files(importer.scopes, source.name)
