"""`pareto accuracy, cost`: what a search weighs against each other, with a program for each trade-off."""

from __future__ import annotations

from typing import get_args

from tgl.ir import PriceName
from tgl.semantics.errors import types as facts
from tgl.semantics.settings import Settings
from tgl.syntax import ast

PRICES: tuple[PriceName, ...] = get_args(PriceName)


def read_pareto(got: Settings, metric: str, task: str) -> tuple[PriceName, ...]:
    """What is to be low beside the metric, in the order in which it is written; empty without `pareto`.

    Args:
        got: the settings of an `optimize` block.
        metric: that of its task.
        task: the name of the task.
    """
    if "pareto" not in got.found:
        return ()
    wanted = (
        f"`{metric}`, the metric of `{task}`, and one or more of `{'`, `'.join(PRICES)}`: "
        f"`pareto {metric}, cost`"
    )
    for way in ("maximize", "minimize"):
        if way in got.found:
            place = got.place(got.found["pareto"])
            got.problems.add(facts.wrong_setting(place, "pareto", f"nothing beside `{way}`"))
            return ()
    names: list[str] = []
    for arg in got.args("pareto"):
        at, options = got.place(arg), (metric, *PRICES)
        match arg:
            case ast.Arg(name=None, when=None, value=ast.Name(id=name)) if name in options:
                pass
            case ast.Arg(value=ast.Name(id=word)):
                near = at.near(word, options)
                got.problems.add(facts.wrong_setting(at, "pareto", wanted, fixes=near))
                return ()
            case _:
                got.problems.add(facts.wrong_setting(at, "pareto", wanted))
                return ()
        if name in names:
            first = got.args("pareto")[names.index(name)]
            got.problems.add(facts.repeated(at, f"`{name}`", got.place(first)))
            return ()
        names.append(name)
    prices: list[PriceName] = [price for price in PRICES if price in names]
    if metric not in names or not prices:
        hint = "" if prices else f"write `maximize {metric}` where nothing is weighed against it"
        got.problems.add(facts.wrong_setting(got.place(got.found["pareto"]), "pareto", wanted, hint or None))
        return ()
    return tuple(sorted(prices, key=lambda price: names.index(price)))
