"""Settings of `provider simulated`, as text for the provider."""

from __future__ import annotations

from tgl.diagnostics import did_you_mean
from tgl.semantics.errors import models as facts
from tgl.semantics.problems import Problems
from tgl.semantics.settings import Settings
from tgl.syntax import ast

SIMULATED_KEYS = ("profile", "items", "sleep")
FIELDS = ("question", "answer", "kind", "distractors", "difficulty")


def simulated_settings(got: Settings) -> tuple[tuple[str, str], ...]:
    """The settings of a simulated model: (key, text) pairs; wrong ones are reported and left out.

    A shipped profile has to be one; files are looked for when the model is made.
    """
    from tgl.models.simulated import is_file_profile, profile_names

    made: list[tuple[str, str]] = []
    got.require("items", 'items "questions.jsonl"')
    found = profile_setting(got)
    made.extend(found.items())
    if "profile" in found:
        profile = found["profile"]
        if not is_file_profile(profile) and profile not in profile_names():
            names = profile_names()
            near = did_you_mean(profile, names)
            got.problems.add(
                facts.unknown_profile(got.place(got.args("profile")[0].value), profile, names, near)
            )
    made += items(got)
    sleep = got.number("sleep", "seconds to wait for each simulated second, such as 0.1")
    if sleep is not None:
        made.append(("sleep", repr(sleep)))
    return tuple(made)


def profile_setting(got: Settings) -> dict[str, str]:
    """The profile, and the variant that sets a model apart from others of the same profile."""
    made: dict[str, str] = {}
    for arg in got.args("profile"):
        match arg:
            case ast.Arg(name=None, value=ast.String(value=text), when=None) if text and not made:
                made["profile"] = text
            case ast.Arg(name="variant", value=ast.Name(id=text) | ast.String(value=text), when=None) if (
                made and "variant" not in made
            ):
                made["variant"] = text
            case _:
                got.wrong("profile", 'the name of a profile, such as `"sim-8b"`, and perhaps `variant: NAME`')
                return {}
    return made


def items(got: Settings) -> list[tuple[str, str]]:
    """The file of questions and the names of its fields, or the task that has them."""
    wanted = 'a file, `"questions.jsonl"`, and names of fields, such as `answer: label`, or a task'
    made: list[tuple[str, str]] = []
    for place, arg in enumerate(got.args("items")):
        match arg:
            case ast.Arg(name=None, value=ast.String(value=text), when=None) if place == 0 and text:
                made.append(("items", text))
            case ast.Arg(name=None, value=ast.Name(id=name), when=None) if place == 0:
                return task_items(got, arg, name)
            case ast.Arg(name=str() as name, value=ast.Name(id=text) | ast.String(value=text), when=None) if (
                place > 0 and name in FIELDS
            ):
                made.append((f"items.{name}", text))
            case _:
                got.wrong("items", wanted)
                return []
    return made


def task_items(got: Settings, arg: ast.Arg, name: str) -> list[tuple[str, str]]:
    """`items quiz`: the questions of a task of this file."""
    from tgl.models.simulated import task_settings
    from tgl.semantics.tasks import read_task

    binding = got.scope.names.get(name)
    if binding is not None and binding.decl is None:
        return []
    if len(got.args("items")) > 1 or binding is None or not isinstance(binding.decl, ast.Task):
        tasks = [other for other, one in got.scope.names.items() if isinstance(one.decl, ast.Task)]
        got.wrong("items", "a file, or one task of this file and nothing more", word=name, options=tasks)
        return []
    task = read_task(got.scope, binding.decl, Problems())
    if task is None or not task.given:
        return []  # it is reported where it stands
    asked = "question" if "question" in task.given else task.given[0]
    return list(task_settings(task, asked))
