r"""What an answer means: a number, an expression, a set, an interval, a matrix, an equation, words.

The meaning of an answer is a text that equal answers share, made from exact or 600-bit values. An expression
with variables is evaluated at fixed points (Schwartz-Zippel: different ones agree there only by design). So
that equality is an equivalence, and a vote can count texts.

What may be left out without being another answer (a unit, `x =`, a base) is kept apart: two answers that both
say it must say the same.
"""

from __future__ import annotations

import re

from tgl.keys.mathematics import numeric
from tgl.keys.mathematics.expression import NotAnExpressionError
from tgl.keys.mathematics.latex import argument_of, parts, plain
from tgl.keys.mathematics.numeric import BeyondBoundsError, digest, value_key
from tgl.keys.mathematics.quantity import (
    Meaning,
    NotReadError,
    constant,
    equation_key,
    letter,
    quantity,
)
from tgl.keys.normalise import normalised

LONGEST = 2000
MOST_PARTS = 200
DEEPEST = 30
"""Of brackets."""

TEXT_COMMAND = re.compile(
    r"\\(?:text|mbox|textrm|textbf|textit|mathrm|mathbf|mathit|rm|operatorname|textsf)\s*(?=\{)"
)
LETTERS = re.compile(r"\(?[A-Z]\)?(?:(?:, and|,| and) *\(?[A-Z]\)?)+")
GROUPED = re.compile(r"(?<![\d.,])(\d{1,3}(?:,\d{3})+)(?![\d,])")
VARIABLE = re.compile(r"\s*([A-Za-z]|\\[a-z]{2,7})(_(?:\{\w{1,8}\}|\w))?\s*")
NAMED = re.compile(r"\s*[A-Za-z](?:_\w)?\s*(?:\(\s*[A-Za-z]\s*\))?\s*")
MEMBER = re.compile(r"\s*[A-Za-z]\s*\\in(?![A-Za-z])\s*")
BASED = re.compile(r"\s*([0-9A-F]+)\s*_\s*(?:\{\s*(?:\\text\s*\{)?\s*(\d+)\s*\}?\s*\}|(\d+))\s*")
RELATION = re.compile(r"\\le(?![A-Za-z])|\\ge(?![A-Za-z])|\\ne(?![A-Za-z])|<|>")
MATRIX = re.compile(r"\\begin\{([pbv]?matrix|array)\}(?:\{[clr| ]*\})?(.*)\\end\{\1\}", re.DOTALL)
INFINITE = re.compile(r"([-+]?)\s*(?:\\infty|infinity|oo|inf)\s*")


READ_ERRORS = (NotReadError, NotAnExpressionError, BeyondBoundsError)


def meaning(text: str) -> Meaning | None:
    """The meaning of an answer; None if it is empty or longer than `LONGEST`. Pure, bounded in time."""
    if len(text) > LONGEST or not text.strip():
        return None
    made = plain(text)
    try:
        if nesting(made) > DEEPEST:
            raise NotReadError("nested too deeply")
        return whole(made)
    except READ_ERRORS:
        words = normalised(TEXT_COMMAND.sub(" ", made).replace("{", "").replace("}", ""))
        formula = "".join(made.split())
        if not formula:
            return None
        is_words = bool(words) and not re.search(r"[\\^_=<>]", TEXT_COMMAND.sub(" ", made))
        return Meaning(f"text {words}" if is_words else f"form {digest(formula)}")


def nesting(text: str) -> int:
    """How deep brackets stand in one another, at most."""
    depth = deepest = 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        deepest = max(deepest, depth)
    return deepest


def whole(text: str) -> Meaning:
    """Of a whole answer, which may be words or a list."""
    if (inner := only_text(text)) is not None:
        letter = inner.strip().strip("().:").strip()
        if len(letter) == 1 and letter.isalpha():
            return Meaning(f"letter {letter}")
        if not re.search(r"\d", inner) and not LETTERS.fullmatch(inner):
            return words_of(inner)
        return whole(plain(inner))
    if is_words(text):
        return words_of(text)
    text = joined_digits(text)
    members = [part for part in re.split(r"\s+or\s+", text) if part.strip()]
    if len(members) > 1 and all(relations(part) for part in members):
        return union([interval(part) for part in members])
    items = listed(text)
    if len(items) > 1:
        return collection(items)
    return item(text)


def words_of(text: str) -> Meaning:
    found = normalised(text)
    if not found:
        raise NotReadError(text)
    return Meaning(f"text {found}")


def only_text(text: str) -> str | None:
    r"""What stands in a `\text{…}` that is the whole answer."""
    command = TEXT_COMMAND.match(text)
    if command is None:
        return None
    inner, end = argument_of(text, command.end())
    return inner if end == len(text) and inner else None


def is_words(text: str) -> bool:
    """Whether letters are words, not a product: three or more, and others than a, b, c or x, y, z."""
    bare = text.strip().strip(".!?")
    if not bare or not all(char.isalpha() or char in " '’-" for char in bare):
        return False
    words = bare.split()
    if len(words) == 1:
        word = words[0].casefold()
        product = set(word) <= set("abc") or set(word) <= set("xyz") or word in ("pi", "oo")
        return word in ("no", "infinity") or (len(word) > 2 and not product)
    return " or " not in f" {bare} " and " and " not in f" {bare} " and any(len(word) > 2 for word in words)


def joined_digits(text: str) -> str:
    """With `1,234` as 1234 outside of brackets; inside of them a comma separates."""
    made: list[str] = []
    depth = last = 0
    for found in GROUPED.finditer(text):
        before = text[last : found.start()]
        depth += sum(char in "([{" for char in before) - sum(char in ")]}" for char in before)
        made += [before, found[1].replace(",", "") if depth == 0 else found[1]]
        last = found.end()
    return "".join([*made, text[last:]])


def listed(text: str) -> list[str]:
    """The members of a list without brackets: `1, 2 and 3`."""
    found = [part for part in parts(text, ",", ";", " and ", " or ") if part.strip()]
    if len(found) > MOST_PARTS:
        raise NotReadError("a long list")
    return found


def collection(items: list[str]) -> Meaning:
    """Of several answers, in no order; of values for several variables, each with its name."""
    found = [item(one) for one in items]
    names = [dict(one.says).get("name") for one in found]
    if all(names) and len(set(names)) == len(names):
        pairs = sorted(f"{name}={one.key}" for name, one in zip(names, found, strict=True))
        return Meaning("{" + ";".join(pairs) + "}")
    return Meaning(
        set_key([key for text, one in zip(items, found, strict=True) for key in members_of(text, one)]),
        says=said_by_all(found),
    )


def members_of(text: str, one: Meaning) -> list[str]:
    r"""`\pm 4` in a list is two members."""
    return one.key[1:-1].split(";") if "\\pm" in text and one.key.startswith("{") else [one.key]


def said_by_all(found: list[Meaning]) -> tuple[tuple[str, str], ...]:
    """What several answers say: a unit of the last is that of all; other things if no two differ."""
    said: dict[str, set[str]] = {}
    for one in found:
        for what, value in one.says:
            said.setdefault(what, set()).add(value)
    return tuple(sorted((what, min(values)) for what, values in said.items() if len(values) == 1))


def set_key(keys: list[str]) -> str:
    """Of members in any order, each once; of one member, the member itself."""
    once = sorted(set(keys))
    return once[0] if len(once) == 1 else "{" + ";".join(once) + "}"


def item(text: str) -> Meaning:
    """Of one answer that is no bare list."""
    text = text.strip()
    if (inner := only_text(text)) is not None:
        return whole(text if inner.strip() else "")
    if found := MEMBER.match(text):
        text = text[found.end() :].strip()
    if found := BASED.fullmatch(text):
        return Meaning(
            str(int(found[1])) if found[1].isdigit() else found[1], says=(("base", found[2] or found[3]),)
        )
    several = parts(text, r"\cup")
    if len(several) > 1:
        return union([interval(part) for part in several])
    if text in (r"\emptyset", r"\{\}") or re.fullmatch(r"\\\{\s*\\\}", text):
        return Meaning("{}")
    if text.startswith(r"\{") and text.endswith(r"\}") and closes_at_end(text):
        return collection_in_braces(text[2:-2])
    if text[:1] in ("(", "[") and text[-1:] in (")", "]") and closes_at_end(text):
        return bracketed(text)
    if found := MATRIX.fullmatch(text.strip("()[] ")):
        return matrix(found[1], found[2])
    if relations(text):
        return interval(text)
    sides = parts(text, "=")
    if len(sides) == 2:
        return equation(sides[0], sides[1])
    if len(sides) > 2:
        raise NotReadError("several equals signs")
    if re.search(r"\\[pm][pm](?![A-Za-z])", text):
        return either_sign(text)
    halves = parts(text, ":")
    if len(halves) == 2:
        return Meaning("ratio " + value_key(numeric.divide(constant(halves[0]), constant(halves[1]))))
    return quantity(text)


def closes_at_end(text: str) -> bool:
    """Whether the bracket that a text begins with is closed by the one that it ends with."""
    depth, at = 0, 0
    while at < len(text):
        if text.startswith(("\\{", "(", "[", "{"), at):
            depth += 1
        elif text.startswith(("\\}", ")", "]", "}"), at):
            depth -= 1
            if depth == 0:
                return at + (2 if text[at] == "\\" else 1) == len(text)
        at += 2 if text[at] == "\\" else 1
    return False


def collection_in_braces(inner: str) -> Meaning:
    items = listed(inner)
    if not items:
        return Meaning("{}")
    if len(items) == 1:
        return item(items[0])
    return Meaning(set_key([key for text in items for key in members_of(text, item(text))]))


def bracketed(text: str) -> Meaning:
    """A tuple or an interval, which look alike; or one answer in brackets."""
    members = parts(text[1:-1], ",", ";")
    if len(members) == 1:
        if text[0] == "(" and text[-1] == ")":
            found = MATRIX.fullmatch(members[0].strip())
            return matrix(found[1], found[2]) if found else single(members[0], text)
        found = MATRIX.fullmatch(members[0].strip())
        if found:
            return matrix(found[1], found[2])
        raise NotReadError("one member in square brackets")
    if any(not part.strip() for part in members) or len(members) > MOST_PARTS:
        raise NotReadError("a member is missing")
    if len(members) == 2:
        return Meaning(interval_key(text[0], end_key(members[0]), end_key(members[1]), text[-1]))
    return Meaning(text[0] + ";".join(item(part).key for part in members) + text[-1])


def single(inner: str, text: str) -> Meaning:
    if len(inner.strip()) == 1 and inner.strip().isalpha():
        return letter(inner.strip())
    return quantity(text) if re.search(r"[-+*/^\\]", inner) else item(inner)


def end_key(text: str) -> str:
    """An end of an interval."""
    if found := INFINITE.fullmatch(text.strip()):
        return "-oo" if found[1] == "-" else "oo"
    return item(text).key


def interval_key(left: str, low: str, high: str, right: str) -> str:
    return f"{'(' if low == '-oo' else left}{low};{high}{')' if high == 'oo' else right}"


def relations(text: str) -> list[str]:
    """The order relations of a text."""
    return RELATION.findall(text)


def interval(text: str) -> Meaning:
    """An interval, as brackets or as inequalities in one variable."""
    text = text.strip()
    signs = relations(text)
    if not signs:
        if text[:1] in ("(", "[") and text[-1:] in (")", "]") and closes_at_end(text):
            return bracketed(text)
        return item(text)
    sides = RELATION.split(text)
    if signs == [r"\ne"]:
        left, right = sides
        return Meaning("not " + quantity(right).key, says=(("name", left.strip()),))
    low_first = {s in ("<", r"\le") for s in signs}
    if r"\ne" in signs or len(low_first) != 1 or len(signs) > 2:
        raise NotReadError("not an interval")
    if low_first == {False}:
        sides, signs = sides[::-1], signs[::-1]
    closed = [sign in (r"\le", r"\ge") for sign in signs]
    if len(signs) == 2 and VARIABLE.fullmatch(sides[1]):
        name, low, high = sides[1], end_key(sides[0]), end_key(sides[2])
        key = interval_key("[" if closed[0] else "(", low, high, "]" if closed[1] else ")")
    elif len(signs) == 1 and VARIABLE.fullmatch(sides[0]):
        name, key = sides[0], interval_key("(", "-oo", end_key(sides[1]), "]" if closed[0] else ")")
    elif len(signs) == 1 and VARIABLE.fullmatch(sides[1]):
        name, key = sides[1], interval_key("[" if closed[0] else "(", end_key(sides[0]), "oo", ")")
    else:
        raise NotReadError("not an interval")
    return Meaning(key, says=(("name", name.strip()),))


def union(found: list[Meaning]) -> Meaning:
    return Meaning("u" + set_key([one.key for one in found]), says=said_by_all(found))


def matrix(kind: str, body: str) -> Meaning:
    """A matrix by its rows; determinants are something else."""
    rows = [row for row in re.split(r"\\\\", body) if row.strip()]
    cells = [[item(cell).key for cell in row.split("&")] for row in rows]
    if not rows or len({len(row) for row in cells}) != 1 or sum(map(len, cells)) > MOST_PARTS:
        raise NotReadError("not a matrix")
    name = "determinant" if kind == "vmatrix" else "matrix"
    return Meaning(name + "[" + ";".join(",".join(row) for row in cells) + "]")


def equation(left: str, right: str) -> Meaning:
    """`x = 5` says 5, and that it is x; other equations are what they are up to a factor."""
    for name, other in ((left, right), (right, left)):
        if NAMED.fullmatch(name) or VARIABLE.fullmatch(name):
            value = item(other)
            try:
                also = (equation_key(left, right),)
            except READ_ERRORS:
                also = ()
            return Meaning(value.key, (*value.also, *also), (*value.says, ("name", "".join(name.split()))))
    names = [part.strip() for part in left.strip().strip("()").split(",")]
    if len(names) > 1 and all(VARIABLE.fullmatch(name) for name in names):
        return item(right)
    return Meaning(equation_key(left, right))


def either_sign(text: str) -> Meaning:
    r"""Both answers that `\pm` stands for."""
    upper = re.sub(r"\\mp(?![A-Za-z])", "-", re.sub(r"\\pm(?![A-Za-z])", "+", text))
    lower = re.sub(r"\\mp(?![A-Za-z])", "+", re.sub(r"\\pm(?![A-Za-z])", "-", text))
    return Meaning(set_key([quantity(upper).key, quantity(lower).key]))
