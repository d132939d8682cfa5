"""Changes that an editor offers at a place: fixes, a value opened as a choice, a choice frozen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tgl.diagnostics import Diagnostic, Severity
from tgl.ide.checking import Findings, quick
from tgl.ide.domains import MOST_LISTED, Values, domain_of, values_of, whole
from tgl.ide.outline import file_values
from tgl.ide.project import Project, read_project
from tgl.ide.tree import decl_at, exprs_at, exprs_of
from tgl.ide.walk import statements
from tgl.semantics import Loader
from tgl.syntax import ast
from tgl.text import Edit, SourceFile, Span, apply_edits


@dataclass(frozen=True, slots=True)
class Action:
    """A change of the main file. `kind` is "fix", "open" or "freeze"; `solves` is what a fix is for."""

    title: str
    kind: str
    edits: tuple[Edit, ...]
    preferred: bool = False
    solves: Diagnostic | None = None


def actions(findings: Findings, area: Span, loader: Loader) -> tuple[Action, ...]:
    """The changes offered in an area of a text, fixes first.

    One that opens or freezes is offered only where the program has no more errors after it.
    """
    source = findings.source
    offered = [*fixes(findings, area)]
    project = read_project(source, loader)
    decl = decl_at(project.module(source.name), area.start)
    if decl is None or isinstance(decl, (ast.Use, ast.Measured)):
        return tuple(offered)
    made = [*frozen(project, decl, area), *opened(project, decl, area)]
    return (*offered, *(action for action in made if stays_clean(findings, action, loader)))


def fixes(findings: Findings, area: Span) -> Iterator[Action]:
    for entry in findings.diagnostics:
        at = entry.primary
        if at is None or at.source.name != findings.source.name:
            continue
        if at.span.start <= area.end and area.start <= at.span.end:
            for fix in entry.fixes:
                yield Action(fix.title, "fix", fix.edits, fix.safe, entry)


def stays_clean(findings: Findings, action: Action, loader: Loader) -> bool:
    """Whether a change brings no error."""
    text = apply_edits(findings.source.text, action.edits)
    after = quick(findings, SourceFile(findings.source.name, text), loader)
    return errors(after) <= errors(findings)


def errors(findings: Findings) -> int:
    return sum(entry.severity is Severity.ERROR for entry in findings.diagnostics)


def values_at(project: Project, decl: ast.Decl) -> Values:
    inner = tuple(statements(decl.body)) if isinstance(decl, ast.Graph) else ()
    return {**file_values(project, project.main.name), **values_of((), inner)}


def frozen(project: Project, decl: ast.Decl, area: Span) -> Iterator[Action]:
    """One action for each option of the innermost choice here, the likeliest first."""
    choice = next((e for e in exprs_at(decl, area.start) if isinstance(e, ast.Choice)), None)
    if choice is None:
        return
    options = domain_of(choice, values_at(project, decl)).options[:MOST_LISTED]
    for text, _ in sorted(options, key=lambda option: -option[1]):
        shown = text if len(text) <= 40 else f"{text[:39]}…"
        yield Action(f"Freeze this choice to {shown}", "freeze", (Edit(choice.span, text),))


def opened(project: Project, decl: ast.Decl, area: Span) -> Iterator[Action]:
    """A value as a choice with itself among the options."""
    around = exprs_at(decl, area.start)
    if not around or any(isinstance(expr, ast.Choice) for expr in around):
        return
    here = around[0]
    if domain := wider(project, decl, here):
        yield Action(f"Open as a choice: {domain}", "open", (Edit(here.span, domain),))


def wider(project: Project, decl: ast.Decl, here: ast.Expr) -> str | None:
    """A domain that holds a value and others like it."""
    number = whole(here)
    match here:
        case ast.Number() if number is not None:
            return f"~1..{max(number, 2)}" if number >= 1 else f"~{number}..1"
        case ast.Number(unit="", value=value):
            return f"~[{here.text}, {value + 0.3 if value < 0.7 else value - 0.3:.3g}]"
        case ast.String():
            text = project.main.text[here.span.start : here.span.end]
            return f"~[{text}]"
        case ast.Name(id=name):
            return of_kind(project, decl, name)
        case _:
            return None


def of_kind(project: Project, decl: ast.Decl, name: str) -> str | None:
    """`~pool` if a pool holds a model, else all models; the roles with the same ports."""
    names = project.names(project.main.name)
    if name not in names:
        return None
    found = names[name].decl
    match found:
        case ast.Model():
            for other, target in names.items():
                if isinstance(target.decl, ast.Pool) and any(
                    isinstance(e, ast.ListExpr)
                    and any(isinstance(i, ast.Name) and i.id == name for i in e.items)
                    for e in exprs_of(target.decl)
                ):
                    return f"~{other}" if target.decl is not decl else None
            models = [other for other, target in names.items() if isinstance(target.decl, ast.Model)]
            return f"~[{', '.join((name, *(m for m in models if m != name)))}]" if len(models) > 1 else None
        case ast.Pool():
            return f"~{name}"
        case ast.Role():
            roles = [
                other
                for other, target in names.items()
                if isinstance(target.decl, ast.Role) and other != name
            ]
            return f"~[{', '.join((name, *roles))}]" if roles else None
        case _:
            return None
