"""Texts that are nearly the same, across groups.

Two texts are near if they hold the same numbers in the same order, and their sets of runs of three words
have a Jaccard similarity of at least `LEAST`. With other numbers a question is another one, as in most data
on mathematics; so is one of fewer than `SHORTEST` words, where a word is much of the text. Words are
compared without case and punctuation.

Pairs are found by the rarest runs of each text (prefix filtering; Bayardo, Ma, Srikant 2007, Scaling up all
pairs similarity search, section 4), then measured exactly, so nothing is drawn at random. Where more than
`WINDOW` texts share a rare run, each is compared with the next `WINDOW` of them, so that the time stays
linear; only then may a pair be missed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST = 0.8
SHORTEST = 8
RUN = 3
WINDOW = 50
WORD = re.compile(r"\w+")
PRIMES = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)
"""Odd multipliers: a run of words is hashed to 64 bits."""

Longs = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Near:
    """A pair of texts, by their places in what was given (`first` < `second`), and how similar they are."""

    first: int
    second: int
    similarity: float


def near_pairs(texts: Sequence[str], groups: Sequence[int]) -> tuple[Near, ...]:
    """Pairs of near texts that belong to different groups, in order.

    Args:
        texts: any texts.
        groups: the group of each text.

    Complexity: O(n log n) in the number of words.
    """
    rows, runs = runs_of(texts)
    if not len(rows):
        return ()
    starts = np.searchsorted(rows, np.arange(len(texts) + 1))
    found: list[Near] = []
    for first, second in sorted(candidates(rows, runs, groups)):
        own, other = runs[starts[first] : starts[first + 1]], runs[starts[second] : starts[second + 1]]
        shared = len(np.intersect1d(own, other, assume_unique=True))
        similarity = shared / (len(own) + len(other) - shared)
        if similarity >= LEAST:
            found.append(Near(first, second, similarity))
    return tuple(found)


def runs_of(texts: Sequence[str]) -> tuple[NDArray[np.int64], Longs]:
    """The different runs of each text as (text, hash), sorted by text and then by hash."""
    known: dict[str, int] = {}
    words: list[int] = []
    owners: list[int] = []
    lengths: list[int] = []
    salts: list[int] = []
    for at, text in enumerate(texts):
        found = WORD.findall(text.casefold())
        if len(found) < SHORTEST:
            continue
        words.extend([known.setdefault(word, len(known)) for word in found])
        owners.append(at)
        lengths.append(len(found))
        # Only texts with the same numbers can meet: the numbers are part of each run.
        numbers = "\0" + " ".join(word for word in found if not word.isalpha())
        salts.append(known.setdefault(numbers, len(known)))
    if not owners:
        return np.empty(0, np.int64), np.empty(0, np.uint64)
    ids = np.array(words, np.uint64) + np.uint64(1)
    sizes = np.array(lengths)
    row = np.repeat(np.array(owners), sizes)
    salt = np.repeat(np.array(salts, np.uint64), sizes)
    inside = np.flatnonzero(row[: -(RUN - 1)] == row[RUN - 1 :])
    mixed = salt[inside] * np.uint64(0xD6E8FEB86659FD93)
    for step, prime in enumerate(PRIMES):
        mixed = (mixed ^ (ids[inside + step] * np.uint64(prime))) * np.uint64(0xFF51AFD7ED558CCD)
        mixed ^= mixed >> np.uint64(32)
    order = np.lexsort((mixed, row[inside]))
    rows, runs = row[inside][order], mixed[order]
    new = np.ones(len(rows), bool)
    new[1:] = (rows[1:] != rows[:-1]) | (runs[1:] != runs[:-1])
    return rows[new], runs[new]


def candidates(rows: NDArray[np.int64], runs: Longs, groups: Sequence[int]) -> set[tuple[int, int]]:
    """Pairs across groups that share one of their rarest runs: no other pair can be near."""
    _, inverse, counts = np.unique(runs, return_inverse=True, return_counts=True)
    often = counts[inverse]
    every = np.bincount(rows)
    # Runs that stand in one text only come first among the rarest, and lead to no other text.
    alone = np.bincount(rows[often == 1], minlength=len(every))
    prefix = every - np.ceil(LEAST * every).astype(np.int64) + 1 - alone
    met = often > 1
    by_row, met_runs = rows[met], runs[met]
    order = np.lexsort((met_runs, often[met], by_row))
    by_row, met_runs = by_row[order], met_runs[order]
    sizes = np.bincount(by_row, minlength=len(every))
    position = np.arange(len(by_row)) - (np.cumsum(sizes) - sizes)[by_row]
    rare = position < prefix[by_row]
    by_run = np.lexsort((by_row[rare], met_runs[rare]))
    owners, keys = by_row[rare][by_run].tolist(), met_runs[rare][by_run].tolist()
    found: set[tuple[int, int]] = set()
    for at, (owner, key) in enumerate(zip(owners, keys, strict=True)):
        for other in range(at + 1, min(at + 1 + WINDOW, len(keys))):
            if keys[other] != key:
                break
            if groups[owner] != groups[owners[other]]:
                found.add((owner, owners[other]))
    return found
