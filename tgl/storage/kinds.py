"""Kinds of stores by name: `--store NAME:REST` opens the kind `NAME` at `REST`.

Built in are `sqlite:PATH` (what a path alone means, too) and `memory:`, which keeps nothing. Others come
from installed packages, by an entry point of the group `tglc.stores` that is a function from REST to a
`Store`. `tgl.testing.StoreSuite` tells whether such a store does what a store has to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TypeAlias

from tgl.storage.errors import StoreError, StoreErrorKind
from tgl.storage.memory import MemoryStore
from tgl.storage.protocol import Store
from tgl.storage.sqlite import SqliteStore

GROUP = "tglc.stores"
ADDRESS = re.compile(r"([a-z][a-z0-9_-]+):(.*)", re.DOTALL)
"""Two letters at least: `C:` is a drive."""

MakeStore: TypeAlias = Callable[[str], Store]


def kind_of(address: str) -> str | None:
    """The name of the kind that an address starts with, None if it is a path alone."""
    found = ADDRESS.fullmatch(address)
    return None if found is None else found[1]


def open_store(address: str) -> Store:
    """The store at `NAME:REST`.

    Raises:
        StoreError: there is no such kind, its package does not work, or it can't be opened.
    """
    found = ADDRESS.fullmatch(address)
    if found is None:
        raise ValueError(f"{address!r} names no kind of store")
    name, rest = found[1], found[2]
    match name:
        case "sqlite":
            return SqliteStore(Path(rest))
        case "memory":
            return MemoryStore()
        case _:
            return opened(address, name, rest)


def opened(address: str, name: str, rest: str) -> Store:
    """A store of an installed kind."""
    points = sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value))
    point = next((one for one in points if one.name == name), None)
    if point is None:
        known = ", ".join(["memory", "sqlite", *(one.name for one in points)])
        raise StoreError(
            StoreErrorKind.UNREADABLE,
            address,
            f"there is no kind of store named `{name}`",
            help=f"known kinds: {known}; a file of that name is written ./{address}",
        )
    try:
        store: object = point.load()(rest)
    except StoreError:
        raise
    except Exception as error:  # whatever a stranger's package does
        raise bad_kind(address, point, f"{type(error).__name__}: {error}") from error
    if not isinstance(store, Store):
        raise bad_kind(address, point, f"it gives a {type(store).__name__}, which lacks methods of a store")
    return store


def bad_kind(address: str, point: EntryPoint, reason: str) -> StoreError:
    """A package that promised a store."""
    package = point.dist.name if point.dist is not None else point.value
    return StoreError(
        StoreErrorKind.UNREADABLE,
        address,
        f"the kind of store `{point.name}`, from the package {package}, does not work: {reason}",
        help="tell its makers (tgl.testing.StoreSuite checks a store), or give a path with --store",
    )
