"""Quantities: an expression and its key, with what may stand beside it (a unit, a currency, per cent)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from fractions import Fraction

from tgl.keys.mathematics import numeric
from tgl.keys.mathematics.expression import Reading
from tgl.keys.mathematics.numeric import Value, digest, value_key
from tgl.keys.mathematics.units import unit_of
from tgl.keys.normalise import normalised

POINTS = 3
MIXED = re.compile(r"(?<![\d.^_/}])(\d+)\s*(\\frac\s*(?:\{\s*\d+\s*\}|\d)\s*(?:\{\s*\d+\s*\}|\d))")
MIXED_PLAIN = re.compile(r"(?<![\d./^])(\d+)\s+(\d+)\s*/\s*(\d+)(?![\d.])")
TIMES_X = re.compile(r"(?<=\d)\s*x\s*(?=10\s*\^)")
REPEATING = re.compile(r"(\d*)\.(\d*)\\overline\s*\{(\d+)\}")
CURRENCY = re.compile(r"(-?)\s*(\\?\$|€|£)\s*(?=[\d.\\-])")
CURRENCIES = {"$": "dollar", r"\$": "dollar", "€": "euro", "£": "pound sterling"}
TRAILING_TEXT = re.compile(
    r"\\(?:text|mbox|textrm|mathrm|rm|operatorname)\s*\{([^{}]*)\}\s*(\^\s*\{?\s*[23]\s*\}?)?\s*$"
)
TRAILING_WORDS = re.compile(
    r"(?<![A-Za-z\\])((?:[A-Za-z]{1,20}[ .]{0,2}){1,4}|¢)\s*(\^\s*\{?\s*[23]\s*\}?)?\s*$"
)
LONE_UNIT = re.compile(r"(?<=[\d])\s+([mgslh])\s*$")
FUNCTION = re.compile(r"sin|cos|tan|sec|csc|cot")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an answer says.

    Args:
        key: equal for equal answers.
        also: other keys that it may be meant as (25 % is 25, and also 1/4).
        says: what may be left out, as (what, value) pairs.
    """

    key: str
    also: tuple[str, ...] = ()
    says: tuple[tuple[str, str], ...] = ()


class NotReadError(ValueError):
    """An answer that is no mathematics; it may still be words."""


def letter(char: str) -> Meaning:
    return Meaning(f"letter {char}")


def equation_key(left: str, right: str) -> str:
    """Equal for equations whose two sides differ by the same expression up to a constant factor."""
    differences: list[Value] = []
    for point in range(POINTS):
        value = evaluated(right, point)[0]
        differences.append(numeric.add(evaluated(left, point)[0], numeric.negative(value)))
    first = next((value for value in differences if value != 0), None)
    if first is None:
        return "equation always"
    return "equation " + digest(" ".join(value_key(numeric.divide(value, first)) for value in differences))


def quantity(text: str, units: int = 4) -> Meaning:
    """An expression with or without a unit, or with a few: currency, number, words.

    Raises:
        NotReadError: more of them than `units`.
    """
    text = text.strip()
    if units < 0:
        raise NotReadError("one unit after the other")
    if len(text) == 1 and text.isalpha() and text not in "ei":
        return letter(text)
    if found := CURRENCY.match(text):
        inner = quantity(found[1] + text[found.end() :], units - 1)
        return Meaning(inner.key, says=(("unit", CURRENCIES[found[2]]),))
    bare = re.sub(r"\\?%\s*$", "", text)
    if bare != text:
        return percent(bare)
    if text.endswith(r"^\circ") and not FUNCTION.search(text):
        return Meaning(quantity(text.removesuffix(r"^\circ"), units - 1).key, says=(("unit", "degree"),))
    if found := TRAILING_TEXT.search(text):
        return with_unit(text[: found.start()], found[1], found[2] or "", units - 1, known=False)
    found = TRAILING_WORDS.search(text)
    if found and re.search(r"[\d})]\s*$", text[: found.start()]) and not has_product(found[1]):
        return with_unit(text[: found.start()], found[1], found[2] or "", units - 1, known=True)
    if found := LONE_UNIT.search(text):
        # "7.5 m" is a length, and where m is a variable a product.
        inner = quantity(text[: found.start()], units - 1)
        return Meaning(inner.key, (expression_key(text),), (("unit", unit_of(found[1]) or found[1]),))
    return Meaning(expression_key(text))


def has_product(words: str) -> bool:
    """Whether letters behind a number are variables, as in `6xy` and `2m`, and no unit's name."""
    bare = words.strip().strip(".")
    return len(bare) == 1 or (unit_of(bare) is None and (" " not in bare and len(bare) < 4))


def with_unit(number: str, words: str, raised: str, units: int, *, known: bool) -> Meaning:
    if not number.strip():
        raise NotReadError("no number")
    unit = unit_of(words + raised)
    if unit == "%":
        return percent(number)
    if unit is None and known and re.search(r"sin|cos|tan|log|ln|sqrt|pi", words):
        return Meaning(expression_key(number + words + raised))
    inner = quantity(number, units)
    name = unit or normalised(words) + raised
    return Meaning(inner.key, says=(*inner.says, ("unit", name)) if name else inner.says)


def percent(number: str) -> Meaning:
    value = constant(number)
    return Meaning(value_key(value), (value_key(numeric.divide(value, Fraction(100))),), (("unit", "%"),))


def constant(text: str) -> Value:
    """The value of an expression without variables."""
    value, names = evaluated(text, 0)
    if names:
        raise NotReadError("variables")
    return value


def expression_key(text: str) -> str:
    """A number's key; of an expression with variables, a hash of its values and their names."""
    value, names = evaluated(text, 0)
    if not names:
        return value_key(value)
    keys = [value_key(value), *(value_key(evaluated(text, point)[0]) for point in range(1, POINTS))]
    if len(set(keys)) == 1:
        return keys[0]
    return "expression " + digest(" ".join(keys))


def evaluated(text: str, point: int) -> tuple[Value, frozenset[str]]:
    """The value of an expression at a point, and its variables."""
    names: set[str] = set()

    def value_of(name: str) -> Value:
        names.add(name)
        return coordinate(name, point)

    value = Reading(spelled_out(text), value_of).whole()
    return value, frozenset(names)


def spelled_out(text: str) -> str:
    """With mixed numbers as sums, repeating decimals as fractions, and `3 x 10^5` as a product."""
    made = TIMES_X.sub(r" \\cdot ", text)
    made = REPEATING.sub(repeating, made)
    made = MIXED.sub(r"(\1+\2)", made)
    return MIXED_PLAIN.sub(r"(\1+\2/\3)", made)


def repeating(found: re.Match[str]) -> str:
    whole_part, fixed, again = found[1] or "0", found[2], found[3]
    scale, period = 10 ** len(fixed), 10 ** len(again) - 1
    value = Fraction(int(whole_part + fixed), scale) + Fraction(int(again), scale * period)
    return f"({value.numerator}/{value.denominator})"


def coordinate(name: str, point: int) -> Fraction:
    """Where a variable stands: positive at the first points, negative at the last, so that |x| is not x."""
    drawn = int(hashlib.sha256(f"{name} {point}".encode(errors="surrogatepass")).hexdigest()[:10], 16)
    value = Fraction(drawn % 2**20 + 2**20, 2**20 + 7)
    return -value if point == POINTS - 1 else value
