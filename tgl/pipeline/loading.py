"""Programs from disk: the files that they use, checked and lowered."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tgl.diagnostics import Diagnostic, Label, Severity, did_you_mean, report
from tgl.ir import ProgramIR
from tgl.pipeline.home import home_of
from tgl.pipeline.sources import STDIN, read_source, reason
from tgl.pipeline.stop import Exit, Stop
from tgl.semantics import Checked, LoadFailure, check, lower, used_declarations
from tgl.syntax import ast
from tgl.text import SourceFile, frozen


class FileLoader:
    """Files that `use "…"` names, relative to the file that uses them."""

    def load(self, path: str, importer: str) -> SourceFile | LoadFailure:
        """The file; two ways to write the same path give one name."""
        name = name_of(path, importer)
        try:
            return SourceFile(name, Path(name).read_text(encoding="utf-8", errors="surrogateescape"))
        except FileNotFoundError:
            return LoadFailure("there is no such file", beside(path, Path(name).parent))
        except OSError as error:
            return LoadFailure(reason(error))
        except ValueError as error:
            return LoadFailure(str(error))


@frozen
class ReadFiles:
    """The files of a program as they were read with it, whatever has become of them on disk since."""

    checked: Checked

    def load(self, path: str, importer: str) -> SourceFile | LoadFailure:
        """The file, under the name that `FileLoader` gives it."""
        module = self.checked.modules.get(name_of(path, importer))
        return LoadFailure("the program did not use it") if module is None else module.source


def name_of(path: str, importer: str) -> str:
    """What a file is called that a file uses: two ways to write the same path give one name."""
    folder = Path() if importer == "<stdin>" else home_of(Path(importer))
    return os.path.normpath(folder / path)


def beside(path: str, folder: Path) -> tuple[str, ...]:
    """The programs in a folder, as `use` would name them where it names `path`."""
    with suppress(OSError):
        there = sorted(entry.name for entry in folder.iterdir() if entry.suffix == ".tgl")
        return tuple(f"{path[: len(path) - len(Path(path).name)]}{name}" for name in there)
    return ()


def load_program(name: str) -> Checked:
    """A checked program.

    Raises:
        Stop: it can't be read or has errors.
    """
    checked = check(read_source(name), FileLoader())
    if problems := problems_of(checked):
        raise Stop(Exit.FAILED, *problems)
    return checked


def problems_of(checked: Checked) -> tuple[Diagnostic, ...]:
    """What keeps a program from being run: all its problems if one of them is an error, else none."""
    problems = sorted_problems(checked)
    return problems if any(problem.severity is Severity.ERROR for problem in problems) else ()


def sorted_problems(checked: Checked) -> tuple[Diagnostic, ...]:
    """The problems of a program, those of its models' weights among them, in order of place."""
    order = [checked.module.source.name, *checked.modules]

    def place(problem: Diagnostic) -> tuple[int, int, int]:
        at = problem.primary
        return (-1, 0, 0) if at is None else (order.index(at.source.name), at.span.start, at.span.end)

    return tuple(sorted((*checked.problems, *unknown_weights(checked)), key=place))


def unknown_weights(checked: Checked) -> list[Diagnostic]:
    """E0604 for each `weights "…"` that is neither the name of known weights nor a source."""
    found: list[Diagnostic] = []
    names: list[str] | None = None
    for module in checked.modules.values():
        unread = [
            problem.primary.span.start
            for problem in checked.problems
            if problem.primary is not None
            and problem.primary.source.name == module.source.name
            and problem.code < "E0190"
        ]
        for decl in module.decls:
            if any(decl.span.start <= place <= decl.span.end for place in unread):
                continue  # what stands there may be half of a name
            for setting in decl.settings if isinstance(decl, ast.Model) else ():
                match setting:
                    case ast.Setting(key="weights", args=(ast.Arg(value=ast.String() as text),)) if (
                        ":" not in text.value
                    ):
                        names = pack_names() if names is None else names
                        if text.value in names:
                            continue
                        found.append(
                            report(
                                "E0604",
                                f"there are no weights named `{text.value}`",
                                Label(
                                    module.source, text.span, did_you_mean(text.value, names) or "not known"
                                ),
                                hint=f"known weights: {', '.join(names)}; or write a source "
                                '(`"hf:…"`, `"https:…"`, `"pypi:…"`, `"file:…"`) and its `sha256`',
                            )
                        )
                    case _:
                        pass
    return found


def pack_names() -> list[str]:
    """The names of the known weights."""
    from tgl.models import known_packs  # takes long, and many programs name none

    return [pack.name for pack in known_packs()]


def lower_program(checked: Checked, *, graph: str | None = None) -> ProgramIR:
    """The IR of the program's graph.

    Raises:
        Stop: it is not clear which graph is meant, or the graph has errors.
    """
    lowered = lower(checked, graph)
    if lowered.ir is None:
        unknown = graph is not None and any(problem.code == "E0510" for problem in lowered.problems)
        raise Stop(Exit.USAGE if unknown else Exit.FAILED, *lowered.problems)
    if not lowered.ir.simulated_models:
        return lowered.ir
    from tgl.models.simulated import in_folder

    folder = folder_of(checked.module.source.name)
    models = tuple(in_folder(spec, folder) for spec in lowered.ir.models)
    return lowered.ir.model_copy(update={"models": models})


def import_texts(checked: Checked) -> tuple[str, ...]:
    """What the program uses of its imports, declaration by declaration, and what names its Python files."""
    used = used_declarations(checked.files)
    own = [decl for one in used if not one.scope.is_std for decl in [one.decl]]
    return tuple(one.text for one in used) + python_sources(checked, [*checked.module.decls, *own])


def python_sources(checked: Checked, decls: Sequence[ast.Decl]) -> tuple[str, ...]:
    """The hashes of the files of a program's functions, by module; nothing is imported for it."""
    modules = {
        text.partition(":")[0]
        for decl in decls
        if isinstance(decl, ast.Fn)
        for setting in decl.settings
        if isinstance(setting, ast.Setting) and setting.key == "python"
        for text in (arg.value.value for arg in setting.args if isinstance(arg.value, ast.String))
    }
    folder = folder_of(checked.module.source.name)
    return tuple(f"python {name} sha256:{source_hash(name, folder)}" for name in sorted(modules))


def source_hash(module: str, folder: Path) -> str:
    """The hash of the file of a module, as Python would find it; `none` where there is none."""
    path = Path(*module.split("."))
    for place in (folder, *map(Path, sys.path[1:])):
        for file in (place / path / "__init__.py", place / path.with_suffix(".py")):
            with suppress(OSError):
                return hashlib.sha256(file.read_bytes()).hexdigest()
    return "none"


def folder_of(name: str) -> Path:
    """The folder that a program's paths are relative to."""
    return Path() if name == STDIN else home_of(Path(name))
