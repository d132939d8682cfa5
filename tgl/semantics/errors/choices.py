"""Choice points: E04."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from tgl.diagnostics import Diagnostic, Fix
from tgl.semantics.errors.at import At, error
from tgl.text import Edit, Span

EXPONENT = re.compile(r"[0-9]+(?:\.[0-9]+)?[eE]\+?[0-9]{1,3}")
MOST_DIGITS = 6
"""A count of more digits is too large wherever one may stand."""


def empty_domain(at: At) -> Diagnostic:
    """E0401: nothing to choose from."""
    return error(
        "E0401",
        at,
        "there is nothing to choose from",
        "empty",
        hint="give at least two options, or write the value without `~`",
    )


def bad_probability(at: At, text: str) -> Diagnostic:
    """E0402: a yes/no that is always yes, always no, or no probability at all."""
    return error(
        "E0402",
        at,
        f"`~{text}` is no yes/no choice: the probability lies strictly between 0 and 1",
        "not between 0 and 1",
        hint="write `~0.5` for an open yes/no, `~[1, 2]` for a choice of values, or leave the `~` out",
    )


def bad_weight(at: At) -> Diagnostic:
    """E0403: a weight that is not a positive number."""
    return error(
        "E0403", at, "a weight is a number above 0", "not above 0", hint="leave an option out to exclude it"
    )


def nested_choice(at: At) -> Diagnostic:
    """E0404: a choice inside the domain of a choice (language.md C11)."""
    return error(
        "E0404",
        at,
        "a choice cannot stand among the options of another",
        "second `~`",
        hint="write one domain: `~[1, 2, 3]`",
    )


def not_a_domain(at: At, what: str) -> Diagnostic:
    """E0405: `~` before something that is no static domain."""
    return error(
        "E0405",
        at,
        f"`~` chooses from a list, weights, a range, a pool or a yes/no, and this is {what}",
        "no domain",
        hint="for example `~[a, b]`, `~{a: 2, b: 1}`, `~1..6`, `~0.3`",
    )


def single_option(at: At, choice: At, name: str, kind: str, lists: Sequence[str]) -> Diagnostic:
    """E0405: `~` before the name of one thing.

    Args:
        at: the name.
        choice: the `~` with it.
        name: as it is written.
        kind: what it names, "model".
        lists: names of lists and pools that hold it.
    """
    sign = Span(choice.span.start, at.span.start)
    fixes = [Fix(f"choose from `{other}`", (Edit(at.span, other),)) for other in lists]
    several = f"`~{lists[0]}`" if lists else f"`~[{name}, …]`"
    return error(
        "E0405",
        at,
        f"`~{name}` leaves nothing to choose: `{name}` is one {kind}",
        "one option",
        hint=f"write `{name}` without `~`, or choose from several: {several}",
        fixes=[Fix(f"write `{name}` without `~`", (Edit(sign, ""),)), *fixes],
    )


def vector_length(at: At, found: int, wanted: str) -> Diagnostic:
    """E0406: a list with another number of items than there are replicas."""
    return error(
        "E0406",
        at,
        f"this list has {found} item{'' if found == 1 else 's'}, and {wanted}",
        "one item for each replica, or one value for all",
    )


def bad_count(at: At, reason: str, what: str = "the number of replicas") -> Diagnostic:
    """E0407: a number of replicas, rounds or the like that is no whole number with a bound."""
    plain = without_exponent(at)
    if plain is not None:
        whole = plain if len(plain) <= MOST_DIGITS else None
        return error(
            "E0407",
            at,
            f"{what} is too large" if whole is None else f"{what} is written with an exponent",
            "not a count",
            hint="write a smaller number, without an exponent" if whole is None else f"write `{whole}`",
            fixes=() if whole is None else [Fix(f"write `{whole}`", (Edit(at.span, whole),), safe=True)],
        )
    return error(
        "E0407",
        at,
        f"{what} {reason}",
        "not a count",
        hint="write a number, a `param`, `size(list)` or a range like `~1..6`",
    )


def without_exponent(at: At) -> str | None:
    """The digits of a whole number that stands at a place with an exponent, such as `1e3`."""
    written = at.source.text[at.span.start : at.span.end]
    if EXPONENT.fullmatch(written) is None:
        return None
    value = Decimal(written)
    return f"{value:f}".partition(".")[0] if value == value.to_integral_value() else None


def bad_range(at: At, reason: str, hint: str = "write the smaller bound first: `~1..6`") -> Diagnostic:
    """E0408: a range that holds nothing, or whose bounds are not numbers."""
    return error("E0408", at, f"this range {reason}", "bad range", hint=hint)


def too_many_options(at: At, count: int, most: int) -> Diagnostic:
    """E0410: a choice among more options than a search can weigh."""
    return error(
        "E0410",
        at,
        f"this is a choice among {count} options, and {most} is the most",
        "too many",
        hint="choose among fewer items, or decide them one by one",
    )


def choice_in_function(at: At, name: str) -> Diagnostic:
    """E0409: a `let` with parameters that holds a choice (language.md C7)."""
    return error(
        "E0409",
        at,
        f"`{name}` is a function of its parameters and cannot hold a choice",
        "no `~` here",
        hint="put the choice into a `param`, and use that",
    )
