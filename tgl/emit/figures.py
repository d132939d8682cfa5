"""How numbers are written into a program, in one place.

What is printed beside a figure elsewhere (a table, a progress line, `tglc verify`) calls these too, so that
two outputs of one figure are the same characters.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

# Enough to tell two candidates apart, few enough that a re-derived figure is the same characters.
SIGNIFICANT = 4


def proportion_text(value: float) -> str:
    """A proportion or a difference of two, with three decimals; never `-0.000`.

    >>> proportion_text(0.61499999), proportion_text(-0.0001), proportion_text(1.0)
    ('0.615', '0.000', '1.000')
    """
    text = f"{value:.3f}"
    return text.removeprefix("-") if float(text) == 0 else text


def amount_text(value: float) -> str:
    """An amount with four significant digits (all digits before the point), without exponent.

    >>> amount_text(5.2), amount_text(6.0), amount_text(0.0000123456), amount_text(31205.7)
    ('5.2', '6', '0.00001235', '31206')
    """
    exact = Decimal(repr(float(value)))
    if not exact:
        return "0"
    places = min(0, exact.adjusted() - SIGNIFICANT + 1)
    text = format(exact.quantize(Decimal(1).scaleb(places), rounding=ROUND_HALF_EVEN), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def decided_number_text(value: float) -> str:
    """A decided number: the shortest text that reads back as the same value; a float keeps its point.

    >>> [decided_number_text(x) for x in (3, 1.0, 0.333, 1e-05)]
    ['3', '1.0', '0.333', '1e-05']
    """
    return repr(value)
