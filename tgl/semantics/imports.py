"""The files of a program: read once each, every file after the ones that it uses."""

from __future__ import annotations

from dataclasses import dataclass, field

from tgl import resources
from tgl.semantics.errors import names as facts
from tgl.semantics.errors.at import At
from tgl.semantics.loader import Loader, LoadFailure
from tgl.semantics.problems import Problems
from tgl.semantics.scope import FUNCTIONS, VALUES, Binding, Files, FileScope, Named
from tgl.syntax import Parsed, ast, parse
from tgl.text import SourceFile

NAMED = (ast.Let, ast.Pool, ast.Model, ast.LabelDecl, ast.Role, ast.Fn, ast.Task, ast.Graph)

PLANNED = frozenset({"std.privacy", "std.rank"})
"""Modules of the standard library that later versions have."""

PLANNED_NAMES = {
    "std.list": ("restore", "shuffle"),
    "std.roles": ("guard",),
    "std.reduce": ("latest", "pick"),
    "std.signals": (
        "confidence",
        "embedding",
        "ended",
        "last_step",
        "length",
        "mentions",
        "perplexities",
        "pii_count",
        "share_below",
        "steps",
        "streak",
        "tokens",
    ),
}
"""Names that modules of the standard library will have."""


@dataclass(slots=True)
class Importer:
    """Reads files as they are used. `stack` holds the names of those being read, for cycles."""

    loader: Loader
    problems: Problems
    scopes: dict[str, FileScope] = field(default_factory=dict[str, FileScope])
    stack: list[str] = field(default_factory=list[str])

    def read(self, source: SourceFile) -> FileScope:
        """The scope of a file, with all that it uses."""
        parsed = parse(source)
        for problem in parsed.problems:
            self.problems.add(problem.diagnostic())
        self.stack.append(source.name)
        scope = self.bind(parsed)
        self.stack.pop()
        self.scopes[source.name] = scope
        return scope

    def bind(self, parsed: Parsed) -> FileScope:
        source = parsed.module.source
        names: dict[str, Binding] = {}
        for decl in parsed.module.decls:
            for binding in self.bindings(decl, source):
                self.declare(binding, names, is_import=isinstance(decl, ast.Use))
        for name in sorted(parsed.broken_names):
            names.setdefault(name, Binding(name, None, source.name, At(source, parsed.module.span)))
        spans = tuple(problem.span for problem in parsed.problems)
        return FileScope(source, parsed.module, names, parsed.broken_names, spans)

    def declare(self, binding: Binding, names: dict[str, Binding], *, is_import: bool) -> None:
        if binding.name in VALUES or (binding.name in FUNCTIONS and not is_import):
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
        other = self.file(use, source)
        found: list[Binding] = []
        for item in use.names:
            at = At(source, item.name_span)
            target: Binding | None = None
            if other is not None:
                target = other.names.get(item.name)
                if target is None and item.name in PLANNED_NAMES.get(use.path, ()):
                    self.problems.add(facts.not_yet(at, f"`{item.name}`"))
                elif target is None and item.name not in other.broken:
                    self.problems.add(facts.not_exported(at, item.name, use.path, other.names))
            local = item.alias or item.name
            decl: Named | None = None if target is None else target.decl
            found.append(Binding(local, decl, source.name if target is None else target.home, at))
        return found

    def file(self, use: ast.Use, source: SourceFile) -> FileScope | None:
        """The scope of the file that a `use` names, or None after reporting why not."""
        at = At(source, use.path_span)
        if use.quoted:
            loaded = self.loader.load(use.path, source.name)
            if isinstance(loaded, LoadFailure):
                self.problems.add(facts.import_not_found(at, use.path, loaded.reason))
                return None
        else:
            text = resources.stdlib_text(use.path)
            if text is None:
                known = resources.stdlib_modules()
                if use.path in PLANNED:
                    self.problems.add(facts.not_yet(at, f"`{use.path}`"))
                else:
                    reason = 'there is no such module; a file is named in quotes, `use "./file.tgl" { … }`'
                    self.problems.add(facts.import_not_found(at, use.path, reason, known))
                return None
            loaded = SourceFile(use.path.replace(".", "/") + ".tgl", text)
        if loaded.name in self.stack:
            circle = [*self.stack[self.stack.index(loaded.name) :], loaded.name]
            self.problems.add(facts.import_cycle(at, circle))
            return None
        return self.scopes.get(loaded.name) or self.read(loaded)


def read_files(source: SourceFile, loader: Loader, problems: Problems) -> Files:
    """All files of a program; what cannot be read is reported and left out."""
    importer = Importer(loader, problems)
    importer.read(source)
    return Files(importer.scopes, source.name)
