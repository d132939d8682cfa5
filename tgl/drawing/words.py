"""Text of what stands in boxes: distributions of choices, conditions of candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from tgl.ir import (
    ChoiceRef,
    Const,
    Domain,
    Expr,
    Flip,
    FloatRange,
    Fn,
    Input,
    IntRange,
    Is,
    ListOf,
    ModelName,
    ModelOf,
    NodeRef,
    Op,
    Options,
    Value,
    WhatName,
)
from tgl.syntax import ast, print_expr

MOST_OPTIONS = 6
MOST_ITEMS = 4
WIDTH = 44
"""Characters of a line; longer ones are broken."""
MOST_LINES = 12


def percent(share: float) -> str:
    """A probability: `30 %`, `0.5 %`, with a space that no line is broken at.

    >>> [percent(share).split() for share in (0.3, 1 / 3, 0.004)]
    [['30', '%'], ['33', '%'], ['0.4', '%']]
    """
    shown = f"{share * 100:.0f}" if share >= 0.0095 else f"{share * 100:.1g}"
    return f"{shown}\u00a0%"


def distribution(domain: Domain) -> str:
    """The options of a choice and their prior probabilities."""
    match domain:
        case Flip(p=p):
            return f"yes {percent(p)}"
        case IntRange(low=low, high=high, log=log):
            count = high - low + 1
            if log:
                return "1/n each"
            return f"each {percent(1 / count)}"
        case FloatRange(log=log):
            return "log-uniform" if log else "uniform"
        case Options(values=values, weights=weights):
            more = len(values) - MOST_OPTIONS
            cut = f", {more} more" if more > 0 else ""
            texts = [value_text(value) for value in values[:MOST_OPTIONS]]
            if len({*weights}) == 1 and len(values) > 1:
                return f"{', '.join(texts)}{cut}: each {percent(1 / len(values))}"
            total = sum(weights)
            pairs = zip(texts, weights, strict=False)
            return ", ".join(f"{text}\u00a0({percent(weight / total)})" for text, weight in pairs) + cut
        case _:
            assert_never(domain)


def value_text(value: Value) -> str:
    """A decided value; a long text is cut."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str():
            text = " ".join(value.split())
            return text if len(text) <= 24 else f"{text[:23]}…"
        case list():
            return f"[{', '.join(value_text(item) for item in value)}]"
        case _:
            return str(value)


INFIX = frozenset({"or", "and", "<", "<=", ">", ">=", "==", "!=", "in", "+", "-", "*", "/"})


def expr_text(expr: Expr) -> str:
    """A run-time expression in the words of the language, long lists cut."""
    match expr:
        case Const(value=value):
            return f'"{value}"' if isinstance(value, str) else value_text(value)
        case ModelName(name=name) | WhatName(name=name):
            return name
        case Input(port=port):
            return port
        case NodeRef(id=name):
            return name.partition(".")[2] or name
        case ListOf(items=items):
            return f"[{listed(items)}]"
        case Fn(fn=fn, args=args, named=named):
            parts = [listed(args)] if args else []
            parts += [f"{name}: {expr_text(value)}" for name, value in named]
            return f"{fn.rpartition(':')[2]}({', '.join(parts)})"
        case Op(op=op, args=(left, right)) if op in INFIX:
            return f"{operand(left)} {op} {operand(right)}"
        case Op(op="not", args=(inner,)):
            return f"not {operand(inner)}"
        case Op(op="get", args=(base, Const(value=name))):
            return f"{operand(base)}.{name}"
        case Op(op="holds", args=(inner,)):
            return expr_text(inner)
        case Op(op="when", args=(condition, message)):
            return f"{operand(message)} when {operand(condition)}"
        case Op(op=op, args=args):
            return f"{op}({listed(args)})"
        case ChoiceRef(address=address):
            return f"~{address.rpartition('.')[2]}"
        case Is(node=node, what=what):
            return f"{node} is {what}"
        case ModelOf(node=node):
            return f"model_of({node})"
        case _:
            assert_never(expr)


def operand(expr: Expr) -> str:
    """An expression inside another one."""
    text = expr_text(expr)
    return f"({text})" if isinstance(expr, Op) and expr.op in {*INFIX, "when"} else text


def listed(items: Sequence[Expr]) -> str:
    """Expressions with commas between them, those in the middle of many left out."""
    texts = [expr_text(item) for item in items]
    if len(texts) > MOST_ITEMS:
        texts = [*texts[: MOST_ITEMS - 1], "…", texts[-1]]
    return ", ".join(texts)


def broken(texts: Sequence[str], *, width: int = WIDTH, most: int = MOST_LINES) -> tuple[str, ...]:
    """Texts as lines of at most `width` characters, of which at most `most` are kept."""
    lines: list[str] = []
    for text in filter(None, texts):
        rest = " ".join(text.replace("\n", " ").split(" "))
        while len(rest) > width:
            cut = rest.rfind(" ", width // 2, width + 1)
            at = cut if cut > 0 else width
            lines.append(rest[:at].rstrip())
            rest = f"  {rest[at:].lstrip()}"
        lines.append(rest)
    if len(lines) > most:
        lines = [*lines[: most - 1], f"… {len(lines) - most + 1} more lines"]
    return tuple(lines)


def distribution_of(value: ast.Expr) -> str | None:
    """The prior of a choice that is written as a list, weights, a range or a probability; None for others."""
    if not isinstance(value, ast.Choice):
        return None
    match value.domain:
        case ast.Range(low=ast.Number(value=int() as low), high=ast.Number(value=int() as high)) if (
            low <= high
        ):
            return f"each {percent(1 / (high - low + 1))}"
        case ast.Range():
            return "uniform"
        case ast.ListExpr(items=items) if items:
            return f"each {percent(1 / len(items))}"
        case ast.Weights(items=pairs):
            shares = [weight.value for _, weight in pairs if isinstance(weight, ast.Number)]
            if len(shares) != len(pairs) or sum(shares) <= 0:
                return None
            return ", ".join(
                f"{print_expr(option)} {percent(share / sum(shares))}"
                for (option, _), share in zip(pairs, shares, strict=True)
            )
        case ast.Number(value=share) if 0 < share < 1:
            return f"yes {percent(share)}"
        case ast.Call(func=ast.Name(id="log")):
            return "1/n each"
        case _:
            return None
