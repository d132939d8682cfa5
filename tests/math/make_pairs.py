"""Writes equal_pairs.jsonl and near_misses.jsonl: `python tests/math/make_pairs.py`, needs sympy.

Written and run before the code that is tested with them. Each form stands beside its meaning, a value of
sympy or Python that was not read from the form; `equal` demands that two meanings are the same, `differ` that
they are not. What is convention (is 25 % the answer 25? is a column vector a pair?) is in neither.
"""

from __future__ import annotations

import json
from fractions import Fraction
from math import comb, factorial
from pathlib import Path

import sympy as sp

HERE = Path(__file__).parent
x, y, n, k = sp.symbols("x y n k")
EQUAL: dict[tuple[str, str], str] = {}
MISSES: dict[tuple[str, str], str] = {}


def same(a: object, b: object) -> bool:
    """Whether two meanings are one."""
    if type(a) in (tuple, list) and type(a) is type(b):
        return len(a) == len(b) and all(same(p, q) for p, q in zip(a, b, strict=True))  # type: ignore[arg-type]
    if isinstance(a, str) or isinstance(b, str) or isinstance(a, tuple | list | frozenset):
        return a == b
    if isinstance(b, tuple | list | frozenset):
        return False
    if isinstance(a, sp.MatrixBase) or isinstance(b, sp.MatrixBase):
        return isinstance(a, sp.MatrixBase) and isinstance(b, sp.MatrixBase) and a == b
    return sp.simplify(sp.sympify(a) - sp.sympify(b)) == 0


def equal(kind: str, a: tuple[str, object], b: tuple[str, object]) -> None:
    assert same(a[1], b[1]), (kind, a, b)
    if a[0] != b[0]:
        EQUAL.setdefault((a[0], b[0]), kind)


def differ(kind: str, a: tuple[str, object], b: tuple[str, object]) -> None:
    assert not same(a[1], b[1]), (kind, a, b)
    MISSES.setdefault((a[0], b[0]), kind)


def each_equal(kind: str, meaning: object, first: str, *others: str) -> None:
    for other in others:
        equal(kind, (first, meaning), (other, meaning))


def each_differ(kind: str, forms: list[tuple[str, object]], *, near: int = 2) -> None:
    """Each form against the `near` that follow it in the list."""
    for at, form in enumerate(forms):
        for other in forms[at + 1 : at + 1 + near]:
            differ(kind, form, other)


def rat(p: int, q: int = 1) -> sp.Rational:
    return sp.Rational(p, q)


def fractions() -> None:
    for p, q in [(1, 2), (3, 4), (7, 3), (22, 7), (5, 12), (11, 100), (9, 7)]:
        v = rat(p, q)
        each_equal(
            "fraction",
            v,
            rf"\frac{{{p}}}{{{q}}}",
            f"{p}/{q}",
            rf"\dfrac{{{p}}}{{{q}}}",
            rf"\frac{{{3 * p}}}{{{3 * q}}}",
        )
        each_equal(
            "fraction",
            -v,
            rf"-\frac{{{p}}}{{{q}}}",
            f"-{p}/{q}",
            rf"\frac{{-{p}}}{{{q}}}",
            rf"\tfrac{{{p}}}{{-{q}}}",
        )
        for w, form in [
            (1 / v, rf"\frac{{{q}}}{{{p}}}"),
            (-v, f"-{p}/{q}"),
            (rat(p + 1, q), rf"\dfrac{{{p + 1}}}{{{q}}}"),
            (rat(p, q + 1), f"{p}/{q + 1}"),
            (rat(p), f"{p}"),
            (rat(p * q), rf"{p}\cdot {q}"),
            (rat(10 * p, q), rf"\frac{{{p}0}}{{{q}}}"),
        ]:
            if w != v:
                differ("fraction", (rf"\frac{{{p}}}{{{q}}}", v), (form, w))
    equal("fraction", (r"\frac12", rat(1, 2)), (r"\frac{1}{2}", rat(1, 2)))
    equal("fraction", (r"\frac 34", rat(3, 4)), ("3/4", rat(3, 4)))
    equal("fraction", (r"{5 \over 8}", rat(5, 8)), (r"\frac58", rat(5, 8)))
    # What a pattern that stops at the first brace takes for the same: equal numerators, equal beginnings.
    each_differ("fraction", [(rf"\frac{{3}}{{{q}}}", rat(3, q)) for q in (2, 4, 5, 7, 8, 10, 11)])


def decimals() -> None:
    for text, p, q in [
        ("0.5", 1, 2),
        ("0.25", 1, 4),
        ("1.75", 7, 4),
        ("0.125", 1, 8),
        ("2.4", 12, 5),
        ("0.06", 3, 50),
    ]:
        v, others = rat(p, q), [rf"\frac{{{p}}}{{{q}}}", text + "0", f"{p}/{q}"]
        each_equal("decimal", v, text, *others)
        equal("decimal", ("-" + text, -v), (rf"-\frac{{{p}}}{{{q}}}", -v))
        shifted = sp.Rational(text) / 10
        differ("decimal", (text, v), (str(Fraction(int(shifted.p), int(shifted.q)) * 1), shifted))
        differ("decimal", (text, v), (text + "1", sp.Rational(text + "1")))
        differ("decimal", (text, v), ("-" + text, -v))
        differ("decimal", (text, v), (text.replace(".", ""), sp.Integer(int(text.replace(".", "")))))
    equal("decimal", (".5", rat(1, 2)), ("0.5", rat(1, 2)))
    equal("decimal", ("3.0", rat(3)), ("3", rat(3)))
    equal("decimal", ("-0.0", rat(0)), ("0", rat(0)))
    equal("decimal", ("007", rat(7)), ("7", rat(7)))
    for form, v, off in [
        (r"\frac{1}{3}", rat(1, 3), "0.33"),
        (r"\frac{1}{3}", rat(1, 3), "0.333333"),
        (r"\frac{2}{3}", rat(2, 3), "0.67"),
        (r"\frac{2}{3}", rat(2, 3), "0.666666667"),
        (r"\frac{22}{7}", rat(22, 7), "3.14"),
        (r"\frac{22}{7}", rat(22, 7), "3.142857"),
        (r"\pi", sp.pi, "3.14"),
        (r"\pi", sp.pi, "3.14159265"),
        (r"\sqrt{2}", sp.sqrt(2), "1.41"),
        (r"\sqrt{2}", sp.sqrt(2), "1.41421356"),
        (r"e", sp.E, "2.718"),
        (r"\sqrt{3}", sp.sqrt(3), "1.732"),
        (r"\frac{1}{7}", rat(1, 7), "0.142857"),
        (r"\pi", sp.pi, r"\frac{22}{7}"),
    ]:
        differ("decimal", (form, v), (off, sp.sympify(Fraction(off) if off[0] != "\\" else rat(22, 7))))


def units() -> None:
    for v, short, long, tex in [
        ("12", "cm", "centimeters", r"\text{ cm}"),
        ("7.5", "m", "meters", r"\text{ m}"),
        ("40", "mph", "miles per hour", r"\text{ mph}"),
        ("3", "hours", "hours", r"\text{ hours}"),
        ("18", "ft", "feet", r"\text{ feet}"),
        ("250", "kg", "kilograms", r"\,\mathrm{kg}"),
    ]:
        meaning = (v, short)
        each_equal("unit", meaning, f"{v}{tex}", f"{v} {long}", f"{v} {short}", rf"{v} \mbox{{ {long}}}")
        equal("unit", (f"{v}{tex}", v), (v, v))
    each_equal(
        "unit", ("24", "in2"), r"24 \text{ in}^2", "24 square inches", r"24 \text{ square inches}", "24"
    )
    each_equal("unit", ("8", "cm3"), r"8\text{ cm}^3", "8 cubic centimeters", r"8 \text{ cm}^{3}")
    each_equal("unit", (rat(3, 2), "hours"), r"\frac{3}{2}\text{ hours}", "1.5 hours", "3/2 hours")
    for v in ("12", "7", "100"):
        for a, b in [
            ("cm", "m"),
            ("cm", "inches"),
            ("hours", "minutes"),
            ("meters", "feet"),
            ("kg", "grams"),
            ("days", "years"),
            ("miles", "km"),
        ]:
            differ("unit", (rf"{v}\text{{ {a}}}", (v, a)), (f"{v} {b}", (v, b)))
        differ("unit", (rf"{v}\text{{ cm}}^2", (v, "cm2")), (f"{v} cm", (v, "cm")))
        differ("unit", (rf"{v}\text{{ cm}}^2", (v, "cm2")), (rf"{v} \text{{ cm}}^3", (v, "cm3")))
        differ("unit", (rf"{v}\text{{ cm}}", (v, "cm")), (f"{int(v) + 1} cm", (str(int(v) + 1), "cm")))


def sets() -> None:
    for members in [(1, 2, 3), (-4, 0, 7), (2, 5), (12, 10, 6), (3, 11, 19, 27), (-1, 1)]:
        m = frozenset(members)
        listed, turned = ", ".join(map(str, members)), ", ".join(map(str, reversed(members)))
        each_equal(
            "set",
            m,
            rf"\{{{listed}\}}",
            rf"\{{{turned}\}}",
            listed,
            turned,
            " and ".join(turned.rsplit(", ", 1)),
        )
        more = frozenset({*members, 99})
        differ("set", (rf"\{{{listed}\}}", m), (rf"\{{{listed}, 99\}}", more))
        differ("set", (listed, m), (", ".join(map(str, members[1:])), m - {members[0]}))
        negated = frozenset(-v for v in members)
        if negated != m:
            differ("set", (listed, m), (", ".join(str(-v) for v in members), negated))
        changed = (*members[:-1], members[-1] + 1)
        differ("set", (rf"\{{{listed}\}}", m), (rf"\{{{', '.join(map(str, changed))}\}}", frozenset(changed)))
        differ("set", (listed, m), (str(sum(members) + 100), frozenset({sum(members) + 100})))
    half = frozenset({rat(1, 2), rat(-3)})
    each_equal("set", half, r"\left\{\frac{1}{2}, -3\right\}", r"\{-3, 0.5\}", "-3, 1/2", r"-3,\frac12")
    each_equal("set", frozenset(), r"\emptyset", r"\varnothing", r"\{\}")
    differ("set", (r"\emptyset", frozenset()), (r"\{0\}", frozenset({0})))
    differ("set", (r"\emptyset", frozenset()), ("0", frozenset({0})))


def intervals() -> None:
    ends = [("0", "5"), ("-2", "3"), (r"-\sqrt{3}", r"\sqrt{3}"), (r"\frac{1}{2}", "4"), ("-10", "-7")]
    for lo, hi in ends:
        for left, right in ["()", "[]", "(]", "[)"]:
            m = (left, lo, hi, right)
            equal("interval", (f"{left}{lo},{hi}{right}", m), (rf"\left{left}{lo}, {hi}\right{right}", m))
            equal("interval", (rf"x \in {left}{lo},{hi}{right}", m), (f"{left}{lo}, {hi}{right}", m))
        forms = [
            (f"{left}{lo},{hi}{right}", (left, lo, hi, right)) for left, right in ["[]", "(]", "()", "[)"]
        ]
        each_differ("interval", forms, near=3)
        differ("interval", (f"[{lo},{hi}]", (lo, hi)), (f"[{lo},{hi}0]", (lo, hi + "0")))
        differ("interval", (f"[{lo},{hi}]", (lo, hi)), (f"[{hi},{lo}]", (hi, lo)))
    each_equal(
        "interval", ("(", "-oo", 3, "]"), r"(-\infty, 3]", r"(-\infty,3]", r"x \le 3", r"x\leq 3", "x <= 3"
    )
    each_equal("interval", ("(", 2, "oo", ")"), r"(2, \infty)", r"(2,+\infty)", "x > 2", "2 < x")
    each_equal("interval", ("[", -1, 4, ")"), r"[-1,4)", r"-1 \le x < 4", "-1 <= x < 4", r"4 > x \geq -1")
    union = frozenset({("(", "-oo", 1, ")"), ("(", 3, "oo", ")")})
    each_equal(
        "interval",
        union,
        r"(-\infty,1)\cup(3,\infty)",
        r"(3,\infty)\cup(-\infty,1)",
        r"(-\infty, 1) \cup (3, \infty)",
        r"x<1 \text{ or } x>3",
    )
    for a, b in [
        (r"(-\infty, 3]", r"(-\infty, 3)"),
        (r"(2, \infty)", r"[2, \infty)"),
        (r"(-\infty, 3)", r"(3, \infty)"),
        (r"(2,\infty)", r"(-2,\infty)"),
        ("x > 2", "x < 2"),
        (r"x \ge 2", "x > 2"),
        (r"x \le 3", r"x \ge 3"),
        ("x > 2", "x > -2"),
        (r"(2,\infty)", r"(2, 10)"),
        (r"-1 \le x < 4", r"-1 < x < 4"),
        (r"-1 \le x < 4", r"-1 \le x \le 4"),
        ("0 < x < 5", "0 < x < 6"),
        (r"(-\infty,1)\cup(3,\infty)", r"(-\infty,1]\cup(3,\infty)"),
        (r"(-\infty,1)\cup(3,\infty)", r"(-\infty,1)\cup[3,\infty)"),
        (r"(-\infty,1)\cup(3,\infty)", r"(1,3)"),
        (r"(-\infty,1)\cup(3,\infty)", r"(-\infty,1)"),
        (r"(-\infty,\infty)", r"(0,\infty)"),
    ]:
        differ("interval", (a, a), (b, b))


def matrices() -> None:
    for rows in [
        [[1, 2], [3, 4]],
        [[0, -1], [1, 0]],
        [[5, 0, 2], [1, 1, 1], [0, 3, 7]],
        [[2], [5]],
        [[-1], [4], [9]],
        [[1, 0], [0, 1]],
    ]:
        m = sp.Matrix(rows)
        body = r" \\ ".join(" & ".join(map(str, row)) for row in rows)
        tight = r"\\".join("&".join(map(str, row)) for row in rows)
        p = rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"
        each_equal(
            "matrix",
            m,
            p,
            rf"\begin{{bmatrix}} {body} \end{{bmatrix}}",
            rf"\begin{{pmatrix}}{tight}\end{{pmatrix}}",
            rf"\begin{{pmatrix}} {body} \\ \end{{pmatrix}}",
        )
        for off in range(3):
            changed = [list(row) for row in rows]
            changed[off % len(rows)][0] += off + 1
            other = r" \\ ".join(" & ".join(map(str, row)) for row in changed)
            differ("matrix", (p, m), (rf"\begin{{pmatrix}} {other} \end{{pmatrix}}", sp.Matrix(changed)))
        turned = m.T
        if turned != m:
            other = r" \\ ".join(" & ".join(map(str, turned.row(i))) for i in range(turned.rows))
            differ("matrix", (p, m), (rf"\begin{{pmatrix}} {other} \end{{pmatrix}}", turned))
        differ(
            "matrix",
            (p, m),
            (
                rf"\begin{{pmatrix}} {body} \\ {' & '.join('0' for _ in rows[0])} \end{{pmatrix}}",
                m.col_join(sp.zeros(1, m.cols)),
            ),
        )
        differ("matrix", (p, m), (str(rows[0][0]), rows[0][0]))
    halves = sp.Matrix([[rat(1, 2), rat(3, 4)]])
    each_equal(
        "matrix",
        halves,
        r"\begin{pmatrix} \frac{1}{2} & \frac{3}{4} \end{pmatrix}",
        r"\begin{pmatrix} 1/2 & 3/4 \end{pmatrix}",
        r"\begin{bmatrix} 0.5 & 0.75 \end{bmatrix}",
    )


def radicals() -> None:
    root = sp.sqrt
    for v, *forms in [
        (2 * root(3), r"2\sqrt{3}", r"\sqrt{12}", "2*sqrt(3)", r"\sqrt{4}\cdot\sqrt{3}"),
        (root(2) / 2, r"\frac{\sqrt{2}}{2}", r"\frac{1}{\sqrt{2}}", "sqrt(2)/2", r"\sqrt{\frac{1}{2}}"),
        (3 * root(5), r"3\sqrt{5}", r"\sqrt{45}", r"3\cdot\sqrt5"),
        (sp.Integer(3), "3", r"\sqrt{9}", r"\sqrt[3]{27}"),
        (2 * sp.cbrt(2), r"2\sqrt[3]{2}", r"\sqrt[3]{16}", r"2^{4/3}"),
        (1 + root(2), r"1+\sqrt{2}", r"\sqrt{2}+1", r"\frac{1}{\sqrt{2}-1}"),
        ((root(5) - 1) / 2, r"\frac{\sqrt{5}-1}{2}", r"\frac{-1+\sqrt{5}}{2}", r"\frac{2}{1+\sqrt5}"),
        (root(6), r"\sqrt{6}", r"\sqrt{2}\sqrt{3}", r"6^{\frac{1}{2}}"),
        (5 - 2 * root(6), r"5-2\sqrt{6}", r"(\sqrt{3}-\sqrt{2})^2"),
        (10 * root(10), r"10\sqrt{10}", r"\sqrt{1000}"),
    ]:
        each_equal("radical", v, *forms)
    forms = [
        (r"2\sqrt{3}", 2 * root(3)),
        (r"3\sqrt{2}", 3 * root(2)),
        (r"\sqrt{6}", root(6)),
        (r"\sqrt[3]{6}", sp.cbrt(6)),
        (r"6", sp.Integer(6)),
        (r"\sqrt{5}", root(5)),
        (r"\sqrt{3}+2", root(3) + 2),
        (r"\sqrt{3+2\cdot 4}", root(11)),
        (r"\frac{\sqrt{2}}{2}", root(2) / 2),
        (r"\frac{\sqrt{2}}{3}", root(2) / 3),
        (r"\frac{\sqrt{3}}{2}", root(3) / 2),
        (r"\sqrt{\frac{3}{2}}", root(rat(3, 2))),
        (r"1+\sqrt{2}", 1 + root(2)),
        (r"1-\sqrt{2}", 1 - root(2)),
        (r"\sqrt{2}-1", root(2) - 1),
        (r"\frac{1+\sqrt{5}}{2}", (1 + root(5)) / 2),
        (r"\frac{1-\sqrt{5}}{2}", (1 - root(5)) / 2),
        (r"1+\frac{\sqrt{5}}{2}", 1 + root(5) / 2),
        (r"-\sqrt{5}", -root(5)),
        (r"4\sqrt{5}", 4 * root(5)),
        (r"\sqrt{45}", root(45)),
        (r"\sqrt{50}", root(50)),
    ]
    each_differ("radical", forms, near=3)


def texts() -> None:
    for form, word in [
        (r"\text{Friday}", "Friday"),
        (r"\text{even}", "even"),
        (r"\mbox{odd}", "odd"),
        (r"\text{no solution}", "No solution"),
        (r"\textbf{blue}", "blue"),
        (r"\text{Yes}", "yes"),
        (r"\text{parabola}", "Parabola"),
        (r"\mathrm{ellipse}", "ellipse"),
        (r"\text{Evelyn}", "Evelyn."),
    ]:
        meaning = word.lower().rstrip(".")
        each_equal("text", meaning, form, word, word.upper().rstrip("."))
    words = [
        "Friday",
        "Monday",
        "even",
        "odd",
        "yes",
        "no",
        "parabola",
        "hyperbola",
        "ellipse",
        "circle",
        "neither",
        "both",
        "Evelyn",
        "Briana",
        "isosceles",
        "scalene",
        "true",
        "false",
        "east",
        "west",
    ]
    each_differ("text", [(rf"\text{{{word}}}", word) for word in words])
    for a, b in [
        ("odd", "even"),
        ("no solution", "one solution"),
        ("Yes", "No"),
        ("true", "false"),
        ("point", "line"),
        ("not even", "even"),
        ("two lines", "two circles"),
    ]:
        differ("text", (rf"\text{{{a}}}", a), (b, b))
    differ("text", (r"\text{no solution}", "none"), ("0", 0))


def percents() -> None:
    for p in (25, 50, 12, 80, 150):
        v = rat(p, 100)
        each_equal(
            "percent", v, rf"{p}\%", f"{p}%", f"{p} percent", rf"{p} \%", str(Fraction(p, 100)), rf"{p}.0\%"
        )
        for other in (p + 1, 10 * p, p + 100):
            differ("percent", (rf"{p}\%", v), (rf"{other}\%", rat(other, 100)))
        differ(
            "percent", (rf"{p}\%", v), (rf"\frac{{1}}{{{p}}}", rat(1, p)) if rat(1, p) != v else ("7", rat(7))
        )
        differ("percent", (rf"{p}\%", v), (f"-{p}%", -v))
    equal("percent", (r"33\frac{1}{3}\%", rat(1, 3)), (r"\frac{1}{3}", rat(1, 3)))
    differ("percent", (r"33\frac{1}{3}\%", rat(1, 3)), (r"33\%", rat(33, 100)))


def mixed() -> None:
    for w, p, q in [(1, 1, 2), (2, 3, 4), (5, 2, 3), (10, 1, 8), (3, 5, 7)]:
        v = rat(w) + rat(p, q)
        each_equal(
            "mixed",
            v,
            rf"{w}\frac{{{p}}}{{{q}}}",
            f"{w} {p}/{q}",
            rf"\frac{{{v.p}}}{{{v.q}}}",
            rf"{w} \dfrac{{{p}}}{{{q}}}",
        )
        equal("mixed", (rf"-{w}\frac{{{p}}}{{{q}}}", -v), (f"-{v.p}/{v.q}", -v))
        for form, other in [
            (rf"{w}\cdot\frac{{{p}}}{{{q}}}", w * rat(p, q)),
            (f"{w}{p}/{q}", rat(int(f"{w}{p}"), q)),
            (rf"{w + 1}\frac{{{p}}}{{{q}}}", v + 1),
            (rf"-{w}\frac{{{p}}}{{{q}}}", -v),
            (rf"{w}\frac{{{p}}}{{{q + 1}}}", w + rat(p, q + 1)),
        ]:
            differ("mixed", (rf"{w}\frac{{{p}}}{{{q}}}", v), (form, other))


def scientific() -> None:
    for m, e in [("3", 5), ("1.2", 6), ("6.02", 3), ("4.5", -3), ("9", -2)]:
        v = sp.Rational(m) * sp.Integer(10) ** e
        plain = str(v.p) if v.q == 1 else f"{float(v):.10f}".rstrip("0")
        each_equal(
            "scientific",
            v,
            rf"{m} \times 10^{{{e}}}",
            rf"{m}\cdot 10^{{{e}}}",
            f"{m}e{e}",
            plain,
            f"{m} x 10^{e}" if e > 0 else rf"{m}\times10^{{{e}}}",
        )
        for d in (1, -1):
            differ(
                "scientific",
                (rf"{m} \times 10^{{{e}}}", v),
                (rf"{m} \times 10^{{{e + d}}}", v * sp.Integer(10) ** d),
            )
        differ(
            "scientific",
            (rf"{m} \times 10^{{{e}}}", v),
            (rf"{m} \times 10^{{{-e}}}", sp.Rational(m) * sp.Integer(10) ** -e),
        )
        differ("scientific", (rf"{m} \times 10^{{{e}}}", v), (m, sp.Rational(m)))
        differ("scientific", (rf"{m} \times 10^{{{e}}}", v), (rf"-{m} \times 10^{{{e}}}", -v))


def equations() -> None:
    for v, form in [(rat(5), "5"), (rat(-3), "-3"), (rat(1, 2), r"\frac{1}{2}"), (sp.sqrt(2), r"\sqrt{2}")]:
        each_equal("equation", v, f"x={form}", form, f"x = {form}", f"$x = {form}$")
    each_equal(
        "equation", "2x+3y=6", "2x+3y=6", "3y+2x=6", "2x = 6-3y", "4x+6y=12", "2x+3y-6=0", "6 = 2x + 3y"
    )
    each_equal("equation", "y=2x+1", "y=2x+1", "y-2x-1=0", "y = 1+2x", "2x - y + 1 = 0")
    each_equal("equation", "circle", "x^2+y^2=1", "y^2 + x^2 = 1", "1=x^2+y^2", "x^2+y^2-1=0")
    lines = [
        "2x+3y=6",
        "2x-3y=6",
        "3x+2y=6",
        "2x+3y=7",
        "2x+3y=-6",
        "y=2x+1",
        "y=2x-1",
        "y=-2x+1",
        "y=x+2",
        "x=2y+1",
        "x^2+y^2=1",
        "x^2-y^2=1",
        "x^2+y^2=4",
        "x+y=1",
    ]
    each_differ("equation", [(line, line) for line in lines], near=3)
    for a, b in [
        ("x=5", "x=-5"),
        ("x=5", "y=5"),
        ("x=5", "x=6"),
        (r"x=\frac{1}{2}", "x=2"),
        ("x=5", "x>5"),
        ("x=1, y=2", "x=2, y=1"),
        ("a=3, b=4", "a=4, b=3"),
    ]:
        differ("equation", (a, a), (b, b))
    equal(
        "equation",
        ("x=1, y=2", frozenset({("x", 1), ("y", 2)})),
        ("y=2, x=1", frozenset({("x", 1), ("y", 2)})),
    )


def tuples() -> None:
    for a, b in [(1, 2), (-3, 4), (0, 7), (10, -1), (2, 9)]:
        m = (a, b)
        each_equal(
            "tuple",
            m,
            f"({a}, {b})",
            f"({a},{b})",
            rf"\left({a}, {b}\right)",
            f"$({a},{b})$",
            f"(x,y)=({a},{b})",
        )
        for other in [(b, a), (-a if a else 5, b), (a, b + 1), (a, b, 0), (a, -b)]:
            differ("tuple", (f"({a}, {b})", m), (f"({', '.join(map(str, other))})", other))
        differ("tuple", (f"({a}, {b})", m), (str(a), a))
    each_equal(
        "tuple",
        (rat(1, 2), rat(3)),
        r"\left(\frac{1}{2}, 3\right)",
        "(1/2, 3)",
        "(0.5,3)",
        r"(\frac12,\frac{6}{2})",
    )
    pairs = frozenset({(1, 2), (2, 1)})
    each_equal("tuple", pairs, "(1,2),(2,1)", "(2,1), (1,2)", r"\{(1,2),(2,1)\}", "(1,2) and (2,1)")
    differ("tuple", ("(1,2),(2,1)", pairs), ("(1,2)", (1, 2)))
    differ("tuple", ("(1,2),(2,1)", pairs), ("(1,2),(1,2)", frozenset({(1, 2)})))
    differ("tuple", ("(1,2),(3,4)", "12 34"), ("(1,3),(2,4)", "13 24"))
    differ("tuple", ("(1,2,3)", (1, 2, 3)), ("(3,2,1)", (3, 2, 1)))
    differ("tuple", ("(1,2,3)", (1, 2, 3)), (r"\{1,2,3\}", frozenset({1, 2, 3})))


def polynomials() -> None:
    for v, *forms in [
        (x**2 + 3 * x + 2, "x^2+3x+2", "3x + 2 + x^2", "(x+1)(x+2)", "x^{2}+3x+2"),
        (x**3 - 1, "x^3-1", "(x-1)(x^2+x+1)", "-1+x^3"),
        (x**2 - y**2, "x^2-y^2", "(x+y)(x-y)", "(x-y)(x+y)"),
        (6 * x**2 * y, "6x^2y", "6yx^2", r"6 \cdot x^2 \cdot y", r"2x\cdot 3xy"),
        (sp.Integer(1) / (x + 1), r"\frac{1}{x+1}", "1/(x+1)", r"\frac{1}{1+x}", "(x+1)^{-1}"),
        ((x - 2) ** 2, "(x-2)^2", "x^2-4x+4", "(2-x)^2"),
        (n * (n + 1) / 2, r"\frac{n(n+1)}{2}", r"\frac{n^2+n}{2}", r"\frac{1}{2}n(n+1)"),
        (x / 3, r"\frac{x}{3}", r"\frac{1}{3}x", "x/3"),
        (-x + 4, "4-x", "-x+4", "-(x-4)"),
    ]:
        each_equal("polynomial", v, *forms)
    forms = [
        ("x^2+3x+2", x**2 + 3 * x + 2),
        ("x^2-3x+2", x**2 - 3 * x + 2),
        ("x^2+2x+3", x**2 + 2 * x + 3),
        ("x^3+3x+2", x**3 + 3 * x + 2),
        ("(x+1)(x+3)", (x + 1) * (x + 3)),
        ("(x+2)^2", (x + 2) ** 2),
        ("x+2^2", x + 4),
        ("2x", 2 * x),
        ("x^2", x**2),
        ("2^x", 2**x),
        ("x^2-y^2", x**2 - y**2),
        ("(x-y)^2", (x - y) ** 2),
        ("x-y^2", x - y**2),
        ("y-x", y - x),
        ("x-y", x - y),
        ("6x^2y", 6 * x**2 * y),
        ("6xy^2", 6 * x * y**2),
        ("6(xy)^2", 6 * (x * y) ** 2),
        (r"\frac{1}{x+1}", 1 / (x + 1)),
        (r"\frac{1}{x}+1", 1 / x + 1),
        ("x+1", x + 1),
        ("1-x", 1 - x),
        ("n+1", n + 1),
        ("n-1", n - 1),
        ("2n+1", 2 * n + 1),
        ("n^2", n**2),
    ]
    each_differ("polynomial", forms, near=3)


def complexes() -> None:
    i = sp.I
    for v, *forms in [
        (3 + 4 * i, "3+4i", "4i+3", "3 + 4i"),
        (1 - i, "1-i", "-i+1", r"\frac{2}{1+i}"),
        (-2 * i, "-2i", "0-2i", r"-2\cdot i"),
        (
            rat(1, 2) + i / 2,
            r"\frac{1}{2}+\frac{1}{2}i",
            r"\frac{1+i}{2}",
            "0.5+0.5i",
            r"\frac{1}{2}+\frac{i}{2}",
        ),
        (i, "i", r"\sqrt{-1}"),
        (sp.Integer(-1), "-1", "i^2"),
    ]:
        each_equal("complex", v, *forms)
    forms = [
        ("3+4i", 3 + 4 * i),
        ("3-4i", 3 - 4 * i),
        ("-3+4i", -3 + 4 * i),
        ("4+3i", 4 + 3 * i),
        ("3+4", sp.Integer(7)),
        ("7i", 7 * i),
        ("-7i", -7 * i),
        ("1-i", 1 - i),
        ("1+i", 1 + i),
        ("i", i),
        ("1", sp.Integer(1)),
        ("-i", -i),
        (r"\frac{1+i}{2}", (1 + i) / 2),
        (r"1+\frac{i}{2}", 1 + i / 2),
    ]
    each_differ("complex", forms, near=3)


def currencies() -> None:
    for amount, plain in [
        ("12.50", "12.5"),
        ("5", "5"),
        ("1,250", "1250"),
        ("0.75", "0.75"),
        ("32,348", "32348"),
    ]:
        each_equal(
            "currency",
            sp.Rational(plain),
            rf"\${amount}",
            amount,
            f"{amount} dollars",
            rf"{plain}\text{{ dollars}}",
            f"${amount}",
        )
        v = sp.Rational(plain)
        differ("currency", (rf"\${amount}", (v, "$")), (f"{amount} cents", (v, "c")))
        differ("currency", (rf"\${amount}", v), (rf"\${v + 1}" if v.q == 1 else rf"\${float(v + 1)}", v + 1))
        differ("currency", (rf"\${amount}", v), (rf"-\${amount}", -v))
        differ("currency", (rf"\${amount}", (v, "$")), (f"€{amount}", (v, "€")))


def degrees() -> None:
    for d in ("45", "120", "22.5", "7", "360"):
        each_equal(
            "degree",
            d,
            rf"{d}^\circ",
            rf"{d}^{{\circ}}",
            f"{d}°",
            f"{d} degrees",
            d,
            rf"{d}\text{{ degrees}}",
        )
        more = str(180 - float(d)).removesuffix(".0")
        differ("degree", (rf"{d}^\circ", d), (rf"{more}^\circ", more))
        differ("degree", (rf"{d}^\circ", (d, "deg")), (f"{d} radians", (d, "rad")))
        differ("degree", (rf"{d}^\circ", d), (rf"-{d}^\circ", "-" + d))
    for v, *forms in [
        (rat(1, 2), r"\sin 30^\circ", r"\frac{1}{2}", r"\cos 60^{\circ}"),
        (sp.sqrt(3), r"\tan 60^\circ", r"\sqrt{3}"),
    ]:
        each_equal("degree", v, *forms)
    differ("degree", (r"\sin 30^\circ", rat(1, 2)), (r"\sin 30", sp.sin(30)))


def letters() -> None:
    for letter in "ABCDE":
        each_equal(
            "letter",
            letter,
            rf"\text{{({letter})}}",
            letter,
            f"({letter})",
            rf"\textbf{{{letter}}}",
            rf"\mathrm{{({letter})}}",
            rf"\text{{{letter}}}",
        )
    each_differ("letter", [(rf"\text{{({letter})}}", letter) for letter in "ABCDEF"], near=4)
    each_differ("letter", [(letter, letter) for letter in "ABCDE"], near=3)


def groups_and_wrappers() -> None:
    for value in (1234, 10000, 2500000, 999999):
        grouped = f"{value:,}"
        each_equal(
            "thousands", value, grouped, str(value), grouped.replace(",", r",\!"), grouped.replace(",", "{,}")
        )
        differ("thousands", (grouped, value), (grouped.replace(",", ".", 1).replace(",", ""), "decimal"))
        differ("thousands", (grouped, value), (f"{value * 10:,}", value * 10))
        differ("thousands", (grouped, value), (grouped.replace(",", ", "), "list"))
    for form in ("7", r"\frac{2}{3}", r"\sqrt{5}", "x+1", "(1,2)"):
        each_equal(
            "wrapper",
            form,
            form,
            f"${form}$",
            rf"\({form}\)",
            rf"\displaystyle {form}",
            f" {form} ",
            f"{form}.",
            rf"\boxed{{{form}}}",
            rf"\[{form}\]",
        )
    for v, *forms in [
        ("a", r"2\pm\sqrt{3}", r"2+\sqrt{3}, 2-\sqrt{3}", r"2-\sqrt{3}, 2+\sqrt{3}"),
        ("b", r"\pm 4", "-4, 4", r"4, -4"),
        ("c", r"\frac{1\pm\sqrt{5}}{2}", r"\frac{1+\sqrt{5}}{2},\frac{1-\sqrt{5}}{2}"),
    ]:
        each_equal("plus_minus", v, *forms)
    for a, b in [
        (r"\pm 4", "4"),
        (r"\pm 4", "-4"),
        (r"2\pm\sqrt{3}", r"2+\sqrt{3}"),
        (r"2\pm\sqrt{3}", r"3\pm\sqrt{2}"),
        (r"\frac{1\pm\sqrt{5}}{2}", r"1\pm\frac{\sqrt{5}}{2}"),
    ]:
        differ("plus_minus", (a, a), (b, b))


def constants() -> None:
    for v, *forms in [
        (2 * sp.pi, r"2\pi", r"2 \cdot \pi", "2π", "2*pi", r"\pi\cdot 2"),
        (sp.pi / 6, r"\frac{\pi}{6}", r"\frac{1}{6}\pi", "pi/6", "π/6"),
        (sp.Integer(1024), "1024", "2^{10}", "2^10", "4^5"),
        (sp.log(8), r"\ln 8", r"3\ln 2", r"\ln(8)"),
        (sp.Integer(120), "120", "5!", r"\binom{10}{3}"),
        (sp.E**2, "e^2", "e^{2}", r"e\cdot e"),
        (rat(1, 1000), "10^{-3}", "0.001", r"\frac{1}{10^3}"),
        (sp.Integer(3), r"\log_2 8", "3", r"\log_{10} 1000"),
        (sp.Integer(5), "|-5|", "5", r"\left|-5\right|"),
        (rat(2, 3), r"\frac{2}{3}", r"2 \div 3", r"4\cdot\frac{1}{6}"),
    ]:
        each_equal("constant", v, *forms)
    assert comb(10, 3) == factorial(5) == 120
    forms = [
        (r"2\pi", 2 * sp.pi),
        (r"\pi^2", sp.pi**2),
        (r"\pi", sp.pi),
        (r"4\pi", 4 * sp.pi),
        (r"\frac{\pi}{2}", sp.pi / 2),
        (r"\frac{\pi}{3}", sp.pi / 3),
        (r"\frac{2}{\pi}", 2 / sp.pi),
        ("2", sp.Integer(2)),
        ("2^{10}", sp.Integer(1024)),
        ("2^{11}", sp.Integer(2048)),
        ("10^2", sp.Integer(100)),
        ("20", sp.Integer(20)),
        ("2^{100}", sp.Integer(2) ** 100),
        ("2^{100}+1", sp.Integer(2) ** 100 + 1),
        (r"\ln 8", sp.log(8)),
        (r"\ln 2", sp.log(2)),
        (r"\log_2 8", sp.Integer(3)),
        (r"\log_3 8", sp.log(8, 3)),
        ("5!", sp.Integer(120)),
        ("5", sp.Integer(5)),
        ("4!", sp.Integer(24)),
        (r"\binom{10}{2}", sp.Integer(45)),
        (r"\binom{10}{4}", sp.Integer(210)),
        ("|-5|", sp.Integer(5)),
        ("-5", sp.Integer(-5)),
        ("e^2", sp.E**2),
        ("2e", 2 * sp.E),
    ]
    each_differ("constant", forms, near=3)
    for base in (8, 7, 5):
        each_equal("base", ("2413", base), f"2413_{base}", f"2413_{{{base}}}", rf"2413_{{\text{{{base}}}}}")
        differ("base", (f"2413_{base}", base), (f"2413_{base + 1}", base + 1))
        differ("base", (f"2413_{base}", "2413"), (f"2431_{base}", "2431"))


def write(name: str, pairs: dict[tuple[str, str], str]) -> None:
    rows = [json.dumps({"kind": kind, "a": a, "b": b}, ensure_ascii=False) for (a, b), kind in pairs.items()]
    (HERE / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
    kinds: dict[str, int] = {}
    for kind in pairs.values():
        kinds[kind] = kinds.get(kind, 0) + 1
    print(f"{name}: {len(rows)} pairs, {len(kinds)} kinds: {kinds}")


if __name__ == "__main__":
    for made in (
        fractions,
        decimals,
        units,
        sets,
        intervals,
        matrices,
        radicals,
        texts,
        percents,
        mixed,
        scientific,
        equations,
        tuples,
        polynomials,
        complexes,
        currencies,
        degrees,
        letters,
        groups_and_wrappers,
        constants,
    ):
        made()
    twice = {pair for pair in EQUAL if pair in MISSES or pair[::-1] in MISSES}
    assert not twice, twice
    write("equal_pairs.jsonl", EQUAL)
    write("near_misses.jsonl", MISSES)
