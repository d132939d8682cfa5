"""Units and other words that may be said with a number or left out."""

from __future__ import annotations

import re

NAMES = {
    "cm": "cm centimeter centimeters centimetre centimetres",
    "m": "m meter meters metre metres",
    "mm": "mm millimeter millimeters",
    "km": "km kilometer kilometers kilometre kilometres",
    "inch": "in inch inches",
    "foot": "ft foot feet",
    "yard": "yd yard yards",
    "mile": "mi mile miles",
    "mph": "mph",
    "second": "s sec second seconds",
    "minute": "min minute minutes",
    "hour": "h hr hrs hour hours",
    "day": "day days",
    "week": "week weeks",
    "month": "month months",
    "year": "year years",
    "g": "g gram grams",
    "kg": "kg kilogram kilograms",
    "pound": "lb lbs pound pounds",
    "ounce": "oz ounce ounces",
    "liter": "l liter liters litre litres",
    "ml": "ml milliliter milliliters",
    "gallon": "gallon gallons",
    "dollar": "dollar dollars usd",
    "cent": "cent cents ¢",
    "euro": "euro euros eur",
    "degree": "deg degree degrees",
    "radian": "rad radian radians",
    "%": "percent",
    "unit": "unit units",
    "points": "point points",
}
"""Each unit with its spellings; those of several words stand in `PHRASES`."""

PHRASES = {
    "miles per hour": "mph",
    "kilometers per hour": "kmh",
    "feet per second": "ft/s",
    "meters per second": "m/s",
}
POWERS = {"square": "2", "sq": "2", "cubic": "3", "cu": "3"}
SPELLED = {
    word: unit for unit, words in NAMES.items() for word in words.split() if unit != "mph" or word == "mph"
}
RAISED = re.compile(r"\s*\^\s*\{?\s*([23])\s*\}?\s*$")


def unit_of(words: str) -> str | None:
    """The unit that words name: `square inches` and `in^2` are `inch2`; None if they name none."""
    raised = RAISED.search(words)
    plain = words[: raised.start()] if raised else words
    plain = " ".join(re.sub(r"[.\\]", " ", plain).casefold().split())
    if plain in PHRASES:
        return PHRASES[plain]
    first, _, rest = plain.partition(" ")
    degree = raised[1] if raised else ""
    if first in POWERS and rest:
        plain, degree = rest, POWERS[first]
    unit = SPELLED.get(plain)
    return None if unit is None else unit + degree
