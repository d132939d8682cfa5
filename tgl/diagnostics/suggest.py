"""Which known names a wrong one is near to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tgl.diagnostics.diagnostic import Fix
from tgl.text import Edit, Span


def nearest_names(name: str, names: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Names so near to `name` that one of them may have been meant, nearest first, then by name.

    Near is: the same in another case, or at most a third of its characters inserted, dropped, replaced or
    swapped with the next.

    >>> nearest_names("gema", ["gemma", "smol", "GEMA"])
    ('GEMA', 'gemma')
    """
    most = len(name) // 3
    scored: list[tuple[int, str]] = []
    for other in set(names) - {name}:
        distance = 0 if other.casefold() == name.casefold() else edit_distance(name, other, most)
        if distance <= most or distance == 0:
            scored.append((distance, other))
    return tuple(other for _, other in sorted(scored)[:limit])


def edit_distance(a: str, b: str, most: int) -> int:
    """Insertions, deletions, replacements and swaps of neighbours from `a` to `b`; `most + 1` if more.

    The optimal string alignment distance: no place is changed twice. Complexity: O(len(a) * len(b)).
    """
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: Sequence[int] = ()
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row = row, [i]
        for j, y in enumerate(b, 1):
            best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        before = last
    return min(row[-1], most + 1)


def did_you_mean(name: str, names: Iterable[str]) -> str | None:
    """`did you mean `a` or `b`?`, or None if nothing is near."""
    near = [f"`{other}`" for other in nearest_names(name, names)]
    if not near:
        return None
    listed = near[0] if len(near) == 1 else ", ".join(near[:-1]) + " or " + near[-1]
    return f"did you mean {listed}?"


def near_fixes(span: Span, name: str, names: Iterable[str]) -> tuple[Fix, ...]:
    """A fix for each name that may have been meant at `span`, nearest first; safe if it is the only one."""
    near = nearest_names(name, names)
    return tuple(Fix(f"write `{other}`", (Edit(span, other),), safe=len(near) == 1) for other in near)
