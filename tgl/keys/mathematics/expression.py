r"""Expressions in LaTeX or plain text: `\frac{2\sqrt{3}}{5}`, `2*sqrt(3)/5`, `x^2 + 3x`.

    sum      = ["+" | "-"] product { ("+" | "-") product }
    product  = power { [`\cdot` | `\times` | "*" | "/" | `\div`] power }      side by side: a product
    power    = atom { "!" | `^\circ` | "^" argument }
    atom     = number | variable | constant | "(" sum ")" | "{" sum "}" | "|" sum "|"
             | `\frac` argument argument | `\sqrt` ["[" sum "]"] argument | `\binom` argument argument
             | function ["^" argument] product of powers

Evaluated while it is read, at given values of the variables; there is no tree to be deep or large.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from math import comb, factorial

from tgl.keys.mathematics import numeric
from tgl.keys.mathematics.numeric import Value

DEEPEST = 40
MOST_ATOMS = 600
NUMBER = re.compile(
    r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4}(?![0-9A-Za-z]))?|[0-9]+\.(?![0-9])"
)
COMMAND = re.compile(r"\\([A-Za-z]+)")
SUBSCRIPT = re.compile(r"_(?:\{([A-Za-z0-9]{1,8})\}|([A-Za-z0-9]))")
WORD = re.compile(r"[A-Za-z]+")
FUNCTIONS = ("arcsin", "arccos", "arctan", "sin", "cos", "tan", "sec", "csc", "cot", "log", "ln", "lg", "exp")
GREEK = re.compile(
    "alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|rho|sigma|tau|phi|varphi|chi"
    "|psi|omega|Gamma|Delta|Theta|Lambda|Sigma|Phi|Psi|Omega|ell"
)
FRACTIONS = ("frac", "dfrac", "tfrac", "cfrac")
BINOMIALS = ("binom", "dbinom", "tbinom")


class NotAnExpressionError(ValueError):
    """A text that is none, or that is one only to a person."""


class Reading:
    """One pass over a text, from `at` on.

    Args:
        text: the expression.
        value_of: the value of a variable.
    """

    def __init__(self, text: str, value_of: Callable[[str], Value]) -> None:
        self.text = text
        self.value_of = value_of
        self.at = 0
        self.depth = 0
        self.atoms = 0

    def whole(self) -> Value:
        """The value of the whole text.

        Raises:
            NotAnExpressionError: it is none.
            BeyondBoundsError: it has no value, or one out of bounds.
        """
        value = self.sum()
        self.skip()
        if self.at < len(self.text):
            raise NotAnExpressionError(self.text[self.at :])
        return value

    def skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def looks(self, *texts: str) -> str | None:
        """Which of the texts stands here, if any; a command must end where it ends."""
        self.skip()
        for text in texts:
            behind = self.at + len(text)
            if self.text.startswith(text, self.at) and not (
                len(text) > 2 and text[0] == "\\" and self.text[behind : behind + 1].isalpha()
            ):
                return text
        return None

    def takes(self, *texts: str) -> str | None:
        """Which of the texts stands here, passed over."""
        found = self.looks(*texts)
        if found is not None:
            self.at += len(found)
        return found

    def needs(self, text: str) -> None:
        if self.takes(text) is None:
            raise NotAnExpressionError(f"no {text} at {self.at}")

    def sum(self) -> Value:
        total = self.term(self.takes("+", "-"))
        while sign := self.takes("+", "-"):
            total = numeric.add(total, self.term(sign))
        return total

    def term(self, sign: str | None) -> Value:
        value = self.product()
        return numeric.negative(value) if sign == "-" else value

    def product(self) -> Value:
        value = self.power()
        while True:
            if self.takes(r"\cdot", r"\times", "*"):
                value = numeric.multiply(value, self.signed())
            elif self.takes("/", r"\div"):
                value = numeric.divide(value, self.signed())
            elif self.begins_factor():
                value = numeric.multiply(value, self.power())
            else:
                return value

    def signed(self) -> Value:
        r"""A factor behind an operator: `2 \cdot -3`."""
        return numeric.negative(self.power()) if self.takes("-") else self.power()

    def begins_factor(self) -> bool:
        """Whether a factor stands here without an operator. Two numbers side by side are no product."""
        self.skip()
        here = self.text[self.at : self.at + 1]
        if here.isdigit() or here == ".":
            before = self.text[: self.at].rstrip()
            return not (before[-1:].isdigit() or before[-1:] == ".")
        if here == "\\":
            found = COMMAND.match(self.text, self.at)
            return found is not None and found[1] not in ("cdot", "times", "div", "right", "end", "over")
        return here.isalpha() or here in ("(", "{")

    def power(self) -> Value:
        value = self.atom()
        while True:
            if self.takes("!"):
                value = Fraction(factorial(self.whole_number(value, 2000)))
            elif self.takes(r"^\circ", r"^{\circ}"):
                value = numeric.divide(numeric.multiply(value, numeric.pi()), Fraction(180))
            elif self.takes("^", "**"):
                return numeric.power(value, self.argument(signed=True))
            else:
                return value

    def whole_number(self, value: Value, most: int) -> int:
        if isinstance(value, Fraction) and value.denominator == 1 and 0 <= value <= most:
            return value.numerator
        raise NotAnExpressionError("not a whole number in bounds")

    def argument(self, *, signed: bool = False) -> Value:
        r"""What a command or `^` applies to: a group, or one digit, letter or command; `2^10` is 2^{10}."""
        if self.looks("{"):
            return self.atom()
        if signed:
            if self.takes("-"):
                return numeric.negative(self.argument())
            self.skip()
            if found := NUMBER.match(self.text, self.at):
                self.at = found.end()
                return decimal(found[0])
            return self.atom()
        self.skip()
        if self.text[self.at : self.at + 1].isdigit():
            self.at += 1
            return Fraction(int(self.text[self.at - 1]))
        return self.atom()

    def bracketed(self, opening: str, closing: str) -> Value:
        self.needs(opening)
        value = self.sum()
        if self.takes(r"\over"):
            value = numeric.divide(value, self.sum())
        self.needs(closing)
        return value

    def atom(self) -> Value:
        self.depth += 1
        self.atoms += 1
        if self.depth > DEEPEST or self.atoms > MOST_ATOMS:
            raise NotAnExpressionError("too deep or too long")
        value = self.unlimited_atom()
        self.depth -= 1
        return value

    def unlimited_atom(self) -> Value:
        self.skip()
        here = self.text[self.at : self.at + 1]
        if found := NUMBER.match(self.text, self.at):
            self.at = found.end()
            return decimal(found[0])
        match here:
            case "(":
                return self.bracketed("(", ")")
            case "{":
                return self.bracketed("{", "}")
            case "[":
                return self.bracketed("[", "]")
            case "|":
                return numeric.absolute(self.bracketed("|", "|"))
            case "\\":
                return self.command()
            case _ if here.isascii() and here.isalpha():
                return self.word()
            case _:
                raise NotAnExpressionError(f"{here!r}")

    def command(self) -> Value:
        found = COMMAND.match(self.text, self.at)
        if found is None:
            raise NotAnExpressionError("not a command")
        self.at = found.end()
        name = found[1]
        if name in FRACTIONS:
            top = self.argument()
            return numeric.divide(top, self.argument())
        if name in BINOMIALS:
            top = self.whole_number(self.argument(), 2000)
            return Fraction(comb(top, self.whole_number(self.argument(), 2000)))
        if name == "sqrt":
            return self.root()
        if name in FUNCTIONS:
            return self.function(name)
        if name == "pi":
            return numeric.pi()
        if GREEK.fullmatch(name):
            return self.variable("\\" + name)
        if name in ("lvert", "vert"):
            value = self.sum()
            if self.takes(r"\rvert", r"\vert") is None:
                raise NotAnExpressionError("no end of an absolute value")
            return numeric.absolute(value)
        raise NotAnExpressionError(name)

    def root(self) -> Value:
        degree: Value = Fraction(2)
        if self.looks("["):
            degree = self.bracketed("[", "]")
        inner = self.bracketed("(", ")") if self.looks("(") else self.argument()
        if isinstance(degree, Fraction) and degree != 0:
            return numeric.power(inner, 1 / degree)
        raise NotAnExpressionError("a root without a degree")

    def word(self) -> Value:
        """A function's name, `pi`, or the variable that its first letter is."""
        found = WORD.match(self.text, self.at)
        letters = found[0] if found else ""
        if letters.startswith("sqrt"):
            self.at += 4
            return self.root()
        if letters.startswith("pi"):
            self.at += 2
            return numeric.pi()
        for name in FUNCTIONS:
            if letters.startswith(name):
                self.at += len(name)
                return self.function(name)
        self.at += 1
        name = letters[0]
        if name == "i":
            return numeric.imaginary()
        if name == "e" and not SUBSCRIPT.match(self.text, self.at):
            return numeric.exponential(Fraction(1))
        return self.variable(name)

    def variable(self, name: str) -> Value:
        if found := SUBSCRIPT.match(self.text, self.at):
            self.at = found.end()
            name = f"{name}_{found[1] or found[2]}"
        return self.value_of(name)

    def function(self, name: str) -> Value:
        base: Value | None = None
        if name == "log" and self.takes("_"):
            base = self.argument()
        times = self.argument(signed=True) if self.takes("^") else Fraction(1)
        if times == Fraction(-1) and name in ("sin", "cos", "tan"):
            name, times = "arc" + name, Fraction(1)
        inner = self.bracketed("(", ")") if self.looks("(") else self.power()
        if not self.text[: self.at].endswith(")"):
            while self.begins_factor() and not self.begins_function():
                inner = numeric.multiply(inner, self.power())
        value = applied(name, inner, base)
        return value if times == Fraction(1) else numeric.power(value, times)

    def begins_function(self) -> bool:
        return self.looks(*FUNCTIONS, *("\\" + name for name in FUNCTIONS)) is not None


def decimal(literal: str) -> Fraction:
    """A number as it is written."""
    if len(literal) > 2000:
        raise NotAnExpressionError("too many digits")
    value = Fraction(literal.rstrip(".") if literal.endswith(".") else literal)
    numeric.bounded(value)
    return value


def applied(name: str, value: Value, base: Value | None) -> Value:
    """A function's value."""
    match name:
        case "sin" | "cos":
            return numeric.circular(name, value)
        case "tan":
            return numeric.divide(numeric.circular("sin", value), numeric.circular("cos", value))
        case "cot":
            return numeric.divide(numeric.circular("cos", value), numeric.circular("sin", value))
        case "sec" | "csc":
            return numeric.divide(Fraction(1), numeric.circular("cos" if name == "sec" else "sin", value))
        case "arcsin" | "arccos" | "arctan":
            return numeric.circular("a" + name[3:], value)
        case "exp":
            return numeric.exponential(value)
        case "log" | "lg":
            by = numeric.logarithm(Fraction(10) if base is None else base)
            return numeric.divide(numeric.logarithm(value), by)
        case _:
            return numeric.logarithm(value)
