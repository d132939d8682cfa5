"""Exact and high-precision numbers, and the text under which equal ones are the same.

A value is a `Fraction` while every step was rational, and a complex number of `WORK` bits after that. Each
step has bounds, so that no expression takes long: one that leaves them raises `BeyondBoundsError`. mpmath's
`libmp` is a set of pure functions (its contexts hold state that threads would share).
"""

from __future__ import annotations

import hashlib
from fractions import Fraction
from functools import cache
from importlib import import_module
from math import isqrt
from typing import Protocol, TypeAlias, cast

WORK = 600
KEPT = 300
"""Bits that a key tells apart: the last half of the working precision takes the rounding errors."""
CANCELLED = 400
"""A sum that is this many bits smaller than its parts is zero."""
LARGEST_BITS = 1 << 14
"""Of exact numbers: 3^2007 has 3181."""
LARGEST_ROOTED = 1 << 10
LARGEST_MAGNITUDE = 1 << 14
"""Of binary exponents of inexact numbers."""
PLAIN_DENOMINATOR = 10**12

Mpf: TypeAlias = tuple[int, int, int, int]
Mpc: TypeAlias = tuple[Mpf, Mpf]
Value: TypeAlias = Fraction | Mpc
ZERO: Mpf = (0, 0, 0, 0)


class BeyondBoundsError(ArithmeticError):
    """A number that is too large, is none, or would take too long."""


class Libmp(Protocol):
    """The functions of `mpmath.libmp` that are used; precisions in bits."""

    def mpc_add(self, z: Mpc, w: Mpc, prec: int, rnd: str) -> Mpc: ...
    def mpc_mul(self, z: Mpc, w: Mpc, prec: int, rnd: str) -> Mpc: ...
    def mpc_div(self, z: Mpc, w: Mpc, prec: int, rnd: str) -> Mpc: ...
    def mpc_exp(self, z: Mpc, prec: int, rnd: str) -> Mpc: ...
    def mpc_log(self, z: Mpc, prec: int, rnd: str) -> Mpc: ...
    def mpc_sin(self, z: Mpc, prec: int, rnd: str) -> Mpc: ...
    def mpc_cos(self, z: Mpc, prec: int, rnd: str) -> Mpc: ...
    def mpc_asin(self, z: Mpc, prec: int, rnd: str) -> Mpc: ...
    def mpc_acos(self, z: Mpc, prec: int, rnd: str) -> Mpc: ...
    def mpc_atan(self, z: Mpc, prec: int, rnd: str) -> Mpc: ...
    def mpc_abs(self, z: Mpc, prec: int, rnd: str) -> Mpf: ...
    def mpc_sqrt(self, z: Mpc, prec: int, rnd: str) -> Mpc: ...
    def mpf_pi(self, prec: int, rnd: str) -> Mpf: ...
    def mpf_pos(self, s: Mpf, prec: int, rnd: str) -> Mpf: ...
    def from_rational(self, p: int, q: int, prec: int, rnd: str) -> Mpf: ...


@cache
def libmp() -> Libmp:
    """Imported when a number needs it."""
    return cast("Libmp", import_module("mpmath.libmp"))


def inexact(value: Value) -> Mpc:
    """A value as a complex number."""
    if isinstance(value, Fraction):
        return libmp().from_rational(value.numerator, value.denominator, WORK, "n"), ZERO
    return value


def magnitude(part: Mpf) -> int | None:
    """The binary exponent, None for 0."""
    return None if part[1] == 0 else part[2] + part[3]


def bounded(value: Value) -> Value:
    """The value, with a part that is nothing beside the other left out.

    Raises:
        BeyondBoundsError: it is out of bounds.
    """
    if isinstance(value, Fraction):
        if value.numerator.bit_length() + value.denominator.bit_length() > LARGEST_BITS:
            raise BeyondBoundsError("too many digits")
        return value
    re, im = value
    if any(part[1] == 0 and part[2] != 0 for part in value):
        raise BeyondBoundsError("infinite, or no number")
    sizes = [magnitude(re), magnitude(im)]
    known = [size for size in sizes if size is not None]
    if any(abs(size) > LARGEST_MAGNITUDE for size in known):
        raise BeyondBoundsError("too large or too small")
    if not known:
        return Fraction(0)
    largest = max(known)
    kept = [
        part if size is not None and size > largest - CANCELLED else ZERO
        for part, size in zip(value, sizes, strict=True)
    ]
    return kept[0], kept[1]


def add(a: Value, b: Value) -> Value:
    """The sum."""
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return bounded(a + b)
    left, right = inexact(a), inexact(b)
    total = libmp().mpc_add(left, right, WORK, "n")
    parts = [
        without_noise(part, max((m for m in (magnitude(p), magnitude(q)) if m is not None), default=0))
        for part, p, q in zip(total, left, right, strict=True)
    ]
    return bounded((parts[0], parts[1]))


def without_noise(part: Mpf, scale: int) -> Mpf:
    """Zero where a part is so small beside what it was made from that it is a rounding error."""
    size = magnitude(part)
    return ZERO if size is not None and size < scale - CANCELLED else part


def negative(a: Value) -> Value:
    """The value with its sign turned."""
    return multiply(Fraction(-1), a)


def multiply(a: Value, b: Value) -> Value:
    """The product."""
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        bits = sum(part.bit_length() for v in (a, b) for part in (v.numerator, v.denominator))
        if bits > 2 * LARGEST_BITS:
            raise BeyondBoundsError("too many digits")
        return bounded(a * b)
    if Fraction(0) in (a, b):
        return Fraction(0)
    return bounded(libmp().mpc_mul(inexact(a), inexact(b), WORK, "n"))


def divide(a: Value, b: Value) -> Value:
    """The quotient.

    Raises:
        BeyondBoundsError: `b` is zero.
    """
    if b == 0:
        raise BeyondBoundsError("divided by zero")
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return bounded(a / b)
    if a == 0:
        return Fraction(0)
    return bounded(libmp().mpc_div(inexact(a), inexact(b), WORK, "n"))


def power(base: Value, exponent: Value) -> Value:
    """`base ** exponent`; an odd root of a negative rational is the real one, as schools have it."""
    if isinstance(exponent, Fraction):
        if exponent.denominator == 1 and isinstance(base, Fraction):
            return rational_power(base, exponent.numerator)
        if isinstance(base, Fraction) and exponent.denominator <= 64:
            root = exact_root(base, exponent.denominator)
            if root is not None:
                return rational_power(root, exponent.numerator)
            if base < 0 and exponent.denominator % 2:
                sign = -1 if exponent.numerator % 2 else 1
                return multiply(Fraction(sign), power(-base, exponent))
        if exponent.denominator == 1 and abs(exponent.numerator) <= 64:
            return repeated(base, exponent.numerator)
        if exponent == Fraction(1, 2):
            return bounded(libmp().mpc_sqrt(inexact(base), WORK, "n"))
    if base == 0:
        raise BeyondBoundsError("a power of zero")
    return exponential(multiply(exponent, logarithm(base)))


def repeated(base: Value, times: int) -> Value:
    """A whole power, without the branches that a logarithm has."""
    if times < 0:
        return divide(Fraction(1), repeated(base, -times))
    made: Value = Fraction(1)
    for _ in range(times):
        made = multiply(made, base)
    return made


def rational_power(base: Fraction, times: int) -> Fraction:
    """A whole power of a rational, within the bounds."""
    if base == 0 and times <= 0:
        raise BeyondBoundsError("a power of zero")
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if bits > 1 and bits * abs(times) > LARGEST_BITS:
        raise BeyondBoundsError("too many digits")
    return base**times


def exact_root(base: Fraction, degree: int) -> Fraction | None:
    """The rational root, or None if there is none."""
    if base < 0:
        root = exact_root(-base, degree) if degree % 2 else None
        return None if root is None else -root
    top, bottom = whole_root(base.numerator, degree), whole_root(base.denominator, degree)
    return None if top is None or bottom is None else Fraction(top, bottom)


def whole_root(number: int, degree: int) -> int | None:
    """The whole root of a number that is not negative, by bisection; long numbers are left alone."""
    if degree == 2:
        root = isqrt(number)
        return root if root * root == number else None
    if number.bit_length() > LARGEST_ROOTED:
        return None
    low, high = 0, 1 << (number.bit_length() // degree + 1)
    while low < high:
        middle = (low + high) // 2
        if middle**degree < number:
            low = middle + 1
        else:
            high = middle
    return low if low**degree == number else None


def exponential(value: Value) -> Value:
    """E to a power."""
    if value == 0:
        return Fraction(1)
    made = inexact(value)
    small(made)
    return bounded(libmp().mpc_exp(made, WORK, "n"))


def small(value: Mpc) -> None:
    """Refuses what makes an exponential or a sine slow."""
    if any((size := magnitude(part)) is not None and size > 40 for part in value):
        raise BeyondBoundsError("too large")


def logarithm(value: Value) -> Value:
    """The natural logarithm, the main branch."""
    if value == 0:
        raise BeyondBoundsError("the logarithm of zero")
    if value == 1:
        return Fraction(0)
    return bounded(libmp().mpc_log(inexact(value), WORK, "n"))


def pi() -> Value:
    """The number."""
    return libmp().mpf_pi(WORK, "n"), ZERO


def imaginary() -> Value:
    """The imaginary unit."""
    return ZERO, libmp().from_rational(1, 1, WORK, "n")


def absolute(value: Value) -> Value:
    """The modulus."""
    return abs(value) if isinstance(value, Fraction) else bounded((libmp().mpc_abs(value, WORK, "n"), ZERO))


def circular(name: str, value: Value) -> Value:
    """sin, cos, asin, acos or atan."""
    if name == "sin" and value == 0:
        return Fraction(0)
    made = inexact(value)
    small(made)
    lib = libmp()
    match name:
        case "sin":
            found = lib.mpc_sin(made, WORK, "n")
        case "cos":
            found = lib.mpc_cos(made, WORK, "n")
        case "asin":
            found = lib.mpc_asin(made, WORK, "n")
        case "acos":
            found = lib.mpc_acos(made, WORK, "n")
        case _:
            found = lib.mpc_atan(made, WORK, "n")
    return bounded((without_noise(found[0], 0), without_noise(found[1], 0)))


def value_key(value: Value) -> str:
    """The same text for equal values: `3`, `-1/2`, or digits with a hash where there is no such form."""
    if isinstance(value, Fraction):
        return rational_key(value)
    re, im = (real_key(part) for part in value)
    return re if im == "0" else f"{re}+{im}i"


def rational_key(value: Fraction) -> str:
    """Of a rational that is known exactly."""
    if value.denominator == 1 and value.numerator.bit_length() <= KEPT // 2:
        return str(value.numerator)
    if value.denominator <= PLAIN_DENOMINATOR and value.numerator.bit_length() <= KEPT // 2:
        return f"{value.numerator}/{value.denominator}"
    if value.numerator.bit_length() + value.denominator.bit_length() <= KEPT - 20:
        return real_key(libmp().from_rational(value.numerator, value.denominator, WORK, "n"))
    return "=" + digest(f"{value.numerator:x}/{value.denominator:x}")


def real_key(part: Mpf) -> str:
    """Of a number that is known to `WORK` bits, less rounding errors."""
    sign, mantissa, exponent, bits = libmp().mpf_pos(part, KEPT, "n")
    if not mantissa:
        return "0"
    if bits + exponent <= KEPT // 2 and exponent > -2 * KEPT:
        exact = Fraction(mantissa) * Fraction(2) ** exponent
        near = exact.limit_denominator(PLAIN_DENOMINATOR)
        if near and abs(near - exact) * 2 ** (KEPT - 10) <= exact:
            return rational_key(-near if sign else near)
    return f"{'-' if sign else ''}~{digest(f'{mantissa:x} {exponent}')}"


def digest(text: str) -> str:
    """Half a sha-256, in hex."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]
