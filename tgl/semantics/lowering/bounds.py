"""The largest value that a count may have."""

from __future__ import annotations

from collections.abc import Mapping

from tgl.ir import ChoicePoint, ChoiceRef, Const, Expr, IntRange, ListOf, Op, Options


def interval(value: Expr, choices: Mapping[str, ChoicePoint]) -> tuple[int, int] | None:
    """The smallest and the largest value of a static whole number, or None if it is none."""
    match value:
        case Const(value=bool()):
            return None
        case Const(value=int(number)):
            return number, number
        case ChoiceRef(address=address):
            domain = choices[address].domain
            if isinstance(domain, IntRange):
                return domain.low, domain.high
            if isinstance(domain, Options):
                found = [interval(option, choices) for option in domain.options]
                known = [pair for pair in found if pair is not None]
                if len(known) == len(found):
                    return min(low for low, _ in known), max(high for _, high in known)
            return None
        case Op(op="size", args=(ChoiceRef(address=address),)):
            domain = choices[address].domain
            sizes = [
                len(option.items)
                for option in (domain.options if isinstance(domain, Options) else ())
                if isinstance(option, ListOf)
            ]
            return (min(sizes), max(sizes)) if sizes else None
        case Op(op="max" | "min" as name, args=args):
            ends = [interval(arg, choices) for arg in args]
            known = [pair for pair in ends if pair is not None]
            if len(known) < len(ends):
                return None
            extreme = max if name == "max" else min
            return extreme(low for low, _ in known), extreme(high for _, high in known)
        case Op(op="neg", args=(inner,)):
            found_one = interval(inner, choices)
            return None if found_one is None else (-found_one[1], -found_one[0])
        case Op(op="+" | "-" | "*" as name, args=(left, right)):
            a, b = interval(left, choices), interval(right, choices)
            if a is None or b is None:
                return None
            if name == "+":
                return a[0] + b[0], a[1] + b[1]
            if name == "-":
                return a[0] - b[1], a[1] - b[0]
            ends = [x * y for x in a for y in b]
            return min(ends), max(ends)
        case _:
            return None


def largest(value: Expr, choices: Mapping[str, ChoicePoint]) -> int | None:
    """The largest value of a static whole number, or None if it is none."""
    found = interval(value, choices)
    return None if found is None else found[1]
