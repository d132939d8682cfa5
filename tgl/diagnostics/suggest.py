"""Which known names a wrong one is near to."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from functools import lru_cache

from tgl.diagnostics.diagnostic import Fix
from tgl.text import Edit, Span, frozen

# So many names are compared one by one; of more, a sorted list is kept: what begins alike is compared once.
FEW = 48


@frozen
class InScope(Collection[str]):
    """The names that are visible somewhere: those around, which many places share, and those of the place.

    What is known about the shared ones is kept, so that many unknown names in a large file cost little.
    """

    shared: frozenset[str]
    own: frozenset[str]

    def __contains__(self, name: object) -> bool:
        return name in self.own or name in self.shared

    def __iter__(self) -> Iterator[str]:
        return iter(self.own | self.shared)

    def __len__(self) -> int:
        return len(self.own | self.shared)


def nearest_names(name: str, names: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Names so near to `name` that one of them may have been meant, nearest first, then by name.

    Near is: the same in another case, or at most a third of its characters inserted, dropped, replaced or
    swapped with the next.

    >>> nearest_names("gema", ["gemma", "smol", "GEMA"])
    ('GEMA', 'gemma')
    """
    groups = (names.shared, names.own) if isinstance(names, InScope) else (frozenset(names),)
    scored: set[tuple[int, str]] = set()
    for group in groups:
        scored.update(nearest_in(name, group, limit))
    return tuple(other for _, other in sorted(scored)[:limit])


@lru_cache(maxsize=64)  # the words of a message and its fixes ask for the same
def nearest_in(name: str, names: frozenset[str], limit: int) -> Sequence[tuple[int, str]]:
    """The nearest of some names, each with its distance; the same in another case has 0."""
    most = len(name) // 3
    if len(names) > FEW:
        index = name_index(names)
        found = [(0, other) for other in index.folded.get(name.casefold(), ()) if other != name]
        same = {name, *(other for _, other in found)}
        return found + index.nearest(name, most, limit - len(found), same)
    scored: list[tuple[int, str]] = []
    for other in names - {name}:
        distance = 0 if other.casefold() == name.casefold() else edit_distance(name, other, most)
        if distance <= most or distance == 0:
            scored.append((distance, other))
    return scored


@frozen
class NameIndex:
    """Names of each length in order, and those that are the same in another case."""

    by_length: Mapping[int, Sequence[str]]
    folded: Mapping[str, Sequence[str]]

    def nearest(self, name: str, most: int, limit: int, without: Set[str]) -> list[tuple[int, str]]:
        """The nearest names with their edit distances, at most `most`; of equally near ones the first."""
        found: list[tuple[int, str]] = []
        for off in range(most + 1):
            if limit < 1 or (len(found) == limit and found[-1][0] < off):
                break
            for length in {len(name) - off, len(name) + off}:
                found = nearest_of(name, self.by_length.get(length, ()), most, limit, without, found)
        return found


def nearest_of(
    name: str,
    names: Sequence[str],
    most: int,
    limit: int,
    without: Set[str],
    found: list[tuple[int, str]],
) -> list[tuple[int, str]]:
    """The best of `found` and of names in order; what begins like a name before is not compared again."""
    rows: list[Sequence[int]] = [range(len(name) + 1)]
    previous = ""
    at = 0
    while at < len(names):
        other = names[at]
        if len(found) == limit:  # what comes behind the last one in order has to be nearer
            most = found[-1][0] - (other > found[-1][1])
            if most < 1:
                break
        del rows[shared_length(previous, other, len(rows) - 1) + 1 :]
        previous = other
        far = False
        while len(rows) <= len(other) and not far:
            end = len(rows)
            before = rows[-2] if end > 1 else ()
            last = other[end - 2] if end > 1 else ""
            rows.append(next_row(name, rows[-1], before, other[end - 1], last, end, most))
            far = min(rows[-1]) > most and min(rows[-2]) > most
        if far:  # and so is everything that begins like this
            at = bisect_left(names, other[: len(rows) - 1] + "\U0010ffff", at)
            continue
        at += 1
        if rows[-1][-1] <= most and other not in without:
            found = sorted([*found, (rows[-1][-1], other)])[:limit]
    return found


@lru_cache(maxsize=4)
def name_index(names: frozenset[str]) -> NameIndex:
    """The index of some names."""
    by_length: dict[int, list[str]] = {}
    folded: dict[str, list[str]] = {}
    for name in sorted(names):
        by_length.setdefault(len(name), []).append(name)
        folded.setdefault(name.casefold(), []).append(name)
    return NameIndex(by_length, folded)


def shared_length(a: str, b: str, most: int) -> int:
    """With how many characters, at most so many, both begin."""
    for at in range(min(len(a), len(b), most)):
        if a[at] != b[at]:
            return at
    return min(len(a), len(b), most)


def edit_distance(a: str, b: str, most: int) -> int:
    """Insertions, deletions, replacements and swaps of neighbours from `a` to `b`; `most + 1` if more.

    The optimal string alignment distance: no place is changed twice. Complexity: O(len(a) * len(b)).
    """
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: Sequence[int] = ()
    row: Sequence[int] = range(len(a) + 1)
    last = ""
    for at, char in enumerate(b, 1):
        before, row, last = row, next_row(a, row, before, char, last, at, most), char
        if min(row) > most and min(before) > most:  # two rows: a swap reaches over one
            return most + 1
    return min(row[-1], most + 1)


def next_row(
    a: str, row: Sequence[int], before: Sequence[int], char: str, last: str, at: int, most: int
) -> list[int]:
    """Distances of each beginning of `a` from the first `at` characters of a text that ends in `char`.

    `row` has those from the text without `char`, `before` those without `last`, the one before it, too.
    What is more than `most` places off the diagonal is more than `most`.
    """
    first, end = max(at - most, 1), min(at + most, len(a))
    made = [most + 1] * (len(a) + 1)
    if at <= most:
        made[0] = at
    for j in range(first, end + 1):
        x = a[j - 1]
        best = row[j - 1] if x == char else row[j - 1] + 1
        if row[j] < best:
            best = row[j] + 1
        if made[j - 1] < best:
            best = made[j - 1] + 1
        if x == last and j > 1 and at > 1 and a[j - 2] == char and before[j - 2] < best:
            best = before[j - 2] + 1
        made[j] = best
    return made


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
