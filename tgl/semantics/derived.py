"""Tasks that are like another one: what they do not say themselves is as there.

task algebra { like math; data "MATH/test"; split train: 60, select: 60, test: 200 }

A place in what is taken over is that of `like`: the words stand in another block, perhaps of another file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar, cast

from tgl.semantics.errors import names as name_facts
from tgl.semantics.errors import types as facts
from tgl.semantics.errors.at import At
from tgl.semantics.problems import Problems
from tgl.semantics.scope import Binding, kind_of
from tgl.syntax import ast
from tgl.text import SourceFile, Span

LIKE = "like"
OWN = frozenset({"unit"})
"""What is never taken over: it names a model of the file."""
FOLLOWS = {"key": ("format",)}
"""What is not taken over either where a task says the first itself: it would speak of something else."""

T = TypeVar("T")


def with_bases(names: Mapping[str, Binding], source: SourceFile, problems: Problems) -> dict[str, Binding]:
    """The names of a file, each task of its own with what it takes from the task that it is like.

    Args:
        names: of the file, those that it imports among them (complete already).
        source: the file.
        problems: where an unknown base, one that is no task, or a circle is reported; the task then has no
            declaration, and whatever uses it is silent.
    """
    found = dict(names)
    for name, binding in names.items():
        if binding.home == source.name and isinstance(binding.decl, ast.Task):
            complete(found, name, source, problems, ())
    return found


def complete(
    found: dict[str, Binding], name: str, source: SourceFile, problems: Problems, way: tuple[str, ...]
) -> None:
    """Put the complete task in the place of the written one."""
    binding = found[name]
    task = binding.decl
    if binding.home != source.name or not isinstance(task, ast.Task):
        return
    like = next(likes(task), None)
    if like is None:
        return
    match like.args:
        case (ast.Arg(name=None, value=ast.Name(id=base), when=None),):
            pass
        case _:
            problems.add(facts.wrong_setting(At(source, like.span), LIKE, "the name of a task, `like math`"))
            found[name] = replace(binding, decl=None)
            return
    at = At(source, like.args[0].value.span)
    if base in (*way, name):
        problems.add(facts.wrong_setting(at, LIKE, "another task: this one comes back to itself"))
        found[name] = replace(binding, decl=None)
        return
    if base not in found:
        tasks = [other for other, one in found.items() if isinstance(one.decl, ast.Task) and other != name]
        problems.add(name_facts.unknown_name(at, base, tasks, "task"))
        found[name] = replace(binding, decl=None)
        return
    complete(found, base, source, problems, (*way, name))
    other = found[base].decl
    if other is not None and not isinstance(other, ast.Task):
        problems.add(name_facts.wrong_kind(at, base, kind_of(other), "a task", found[base].at))
        other = None
    merged = None if other is None else replace(task, settings=merged_settings(task, other, like))
    found[name] = replace(binding, decl=merged)


def likes(task: ast.Task) -> Iterator[ast.Setting]:
    """The settings that name another task."""
    return (one for one in task.settings if isinstance(one, ast.Setting) and one.key == LIKE)


def merged_settings(task: ast.Task, base: ast.Task, like: ast.Setting) -> ast.Settings:
    """The task's own settings, then those of its base that it does not have."""
    own = [one for one in task.settings if one is not like]
    keys = {one.key for one in own if isinstance(one, ast.Setting)}
    left = OWN | {follower for key in keys for follower in FOLLOWS.get(key, ())}
    theirs = [
        placed(one, like.span) for one in base.settings if isinstance(one, ast.Setting) and one.key != LIKE
    ]
    data = next((one for one in theirs if one.key == "data"), None)
    own = [with_more(one, data) if isinstance(one, ast.Setting) and one.key == "data" else one for one in own]
    return (*own, *(one for one in theirs if one.key not in keys | left))


def with_more(own: ast.Setting, base: ast.Setting | None) -> ast.Setting:
    """A task's own `data` with the format and the id that its base names."""
    said = {arg.name for arg in own.args}
    more = () if base is None else base.args
    return replace(
        own, args=(*own.args, *(arg for arg in more if arg.name is not None and arg.name not in said))
    )


def placed(node: T, span: Span) -> T:
    """A tree with one place for all of it."""
    match node:
        case Span():
            return cast("T", span)
        case tuple():
            return cast("T", tuple(placed(part, span) for part in cast("tuple[object, ...]", node)))
        case ast.Node() if is_dataclass(node):
            changes = {one.name: placed(getattr(node, one.name), span) for one in fields(node)}
            return cast("T", replace(node, **changes))
        case _:
            return node
