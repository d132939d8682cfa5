"""Numbers in a text, and the canonical decimal under which they are compared."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

NUMBER = re.compile(
    r"""
    (?P<sign>(?<![\w.)\]])[-+−])?          # "3-5" is two numbers, "-5" one
    (?<![A-Za-z_])                          # "H2O" holds none
    (?P<digits>
        [0-9]{1,3}(?:[,\u2009\u202f\u00a0][0-9]{3})+(?![0-9])(?:\.[0-9]+)?   # 1,234.5
      | [0-9]+(?:\.[0-9]+)?
      | (?<![0-9])\.[0-9]+
    )
    (?P<exponent>[eE][-+]?[0-9]+(?![0-9A-Za-z]))?
    """,
    re.VERBOSE,
)
LARGEST_EXPONENT = 400
"""Beyond it a literal is no number: it would be infinite (or 0) as a double, and its key would be huge."""


@dataclass(frozen=True, slots=True)
class FoundNumber:
    """A number as it was written, with its value; `key` is equal for equal values."""

    literal: str
    value: Decimal
    key: str


def numbers_in(text: str) -> tuple[FoundNumber, ...]:
    """All numbers of a text, in order. "nan" and "inf" are words."""
    # NFKC turns full-width digits into ASCII and the narrow spaces into a plain one, which groups nothing;
    # the spaces are put aside first.
    compact = re.sub(r"(?<=[0-9])[\u2009\u202f\u00a0](?=[0-9]{3})", ",", text)
    plain = unicodedata.normalize("NFKC", compact)
    found = (number_of(match) for match in NUMBER.finditer(plain))
    return tuple(number for number in found if number is not None)


def number_of(match: re.Match[str]) -> FoundNumber | None:
    """The number that was matched, or None if it is out of bounds."""
    sign = "-" if match["sign"] in ("-", "−") else ""
    literal = sign + match["digits"].replace(",", "") + (match["exponent"] or "")
    try:
        value = Decimal(literal)
    except InvalidOperation:  # an exponent beyond what the type holds
        return None
    if value and abs(value.adjusted()) > LARGEST_EXPONENT:
        return None
    return FoundNumber(match[0].strip(), value, number_key(value))


def last_number(text: str) -> FoundNumber | None:
    """The last number of a text."""
    found = numbers_in(text)
    return found[-1] if found else None


def first_number(text: str) -> FoundNumber | None:
    """The first number of a text."""
    found = numbers_in(text)
    return found[0] if found else None


def number_key(value: Decimal | float | int) -> str:
    """Plain decimal digits without superfluous zeros: 3, 3.0 and 3e0 have one key.

    A float counts as the decimal that is written for it, so 0.1 is one tenth.

    Raises:
        ValueError: `value` is infinite or no number.
    """
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not exact.is_finite():
        raise ValueError(f"{value} has no decimal digits")
    if not exact:
        return "0"
    digits = format(exact, "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
