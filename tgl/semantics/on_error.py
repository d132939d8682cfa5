"""`on_error` of a task: what a failed example counts, how patient calls are, and when a candidate is out."""

from __future__ import annotations

from typing import Literal

from tgl.diagnostics import did_you_mean
from tgl.semantics.errors import types as facts
from tgl.semantics.settings import Settings
from tgl.syntax import ast
from tgl.text import frozen

ALLOWANCE = 0.02
"""Largest share of failed examples where a task names none (semantics.md 8)."""
PARTS = ("score", "retry", "drop", "abort")
WANTED = "`score: 0`, `retry: 2`, `drop: 1%` or `abort`, with commas between them"


@frozen
class OnError:
    """What follows a failed call.

    Args:
        then: a failed example counts as wrong (`score`), or the first one ends the command (`abort`).
        retries: further attempts of a call, None: as the runtime sees fit.
        allowance: share of failed examples beyond which a candidate is out.
    """

    then: Literal["score", "abort"] = "score"
    retries: int | None = None
    allowance: float = ALLOWANCE


def read_on_error(got: Settings) -> OnError:
    """The setting `on_error`."""
    if "on_error" in got.found and not got.args("on_error"):
        got.wrong("on_error", WANTED)
    found: dict[str, ast.Arg] = {}
    retries: int | None = None
    allowance = ALLOWANCE
    for arg in got.args("on_error"):
        part = part_of(arg)
        at = got.place(arg.value)
        if part in found:
            got.problems.add(facts.repeated(at, f"`{part}`", got.place(found[part].value)))
            continue
        found[part] = arg
        match (arg.name, arg.value):
            case (None, ast.Name(id="abort")):
                pass
            case ("score", ast.Number(value=0, unit="")):
                pass
            case ("score", _):
                hint = "a failed example counts as wrong, so that no mean is one of survivors"
                got.problems.add(facts.wrong_setting(at, "on_error", "`score: 0`", hint))
            case ("retry", ast.Number(value=int() as retries, unit="")):
                pass
            case ("retry", _):
                got.problems.add(facts.wrong_setting(at, "on_error", "`retry:` with a whole number"))
            case ("drop", ast.Number(value=share, unit="" | "%")) if share <= 1:
                allowance = float(share)
            case ("drop", _):
                got.problems.add(facts.wrong_setting(at, "on_error", "`drop:` with a share, such as 1%"))
            case _:
                near = did_you_mean(part, PARTS)
                got.problems.add(facts.wrong_setting(at, "on_error", WANTED, near=near))
    if "abort" in found and (other := found.get("drop", found.get("score"))) is not None:
        at = got.place(other.value)
        hint = "the first failed example ends the search, so none is left to count"
        got.problems.add(facts.wrong_setting(at, "on_error", f"`abort` or `{other.name}:`, not both", hint))
    return OnError("abort" if "abort" in found else "score", retries, allowance)


def part_of(arg: ast.Arg) -> str:
    """The word that an argument begins with."""
    if arg.name is not None:
        return arg.name
    return arg.value.id if isinstance(arg.value, ast.Name) else ""
