"""Where things are: the project's root, its store, the folder of pulled weights, files beside a program."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tgl.pipeline.home import home_of
from tgl.storage import kind_of

ROOT_MARKS = (".tglc", ".git", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folders of one command.

    Args:
        root: the nearest folder above the program that holds `.tglc`, `.git` or `pyproject.toml`; the
            program's own folder if there is none.
        store: the SQLite file of recorded responses.
        address: `NAME:REST` of a store of another kind, in place of that file; else "".
        models: the folder of pulled weights.
        environment: variables, for `env("NAME")` in a program.
    """

    root: Path
    store: Path
    models: Path
    environment: Mapping[str, str]
    address: str = ""

    @property
    def store_is_default(self) -> bool:
        """Whether the store is the project's own, not one that the person named."""
        return not self.address and self.store == default_store(self.root)

    @property
    def store_name(self) -> str:
        """The store as a person knows it."""
        return self.address or str(self.store)


def find_workspace(
    program: Path, environment: Mapping[str, str], *, store: Path | str | None = None
) -> Workspace:
    """The workspace of a program. `store` is a path, or `NAME:REST` for a kind of store. Creates nothing."""
    folder = home_of(program.absolute())
    root = next(
        (above for above in (folder, *folder.parents) if any((above / mark).exists() for mark in ROOT_MARKS)),
        folder,
    )
    address = "" if store is None or isinstance(store, Path) or kind_of(store) is None else store
    if address.startswith("sqlite:"):
        store, address = address.removeprefix("sqlite:"), ""
    return Workspace(
        root=root,
        store=Path(store) if store and not address else default_store(root),
        models=models_folder(environment),
        environment=environment,
        address=address,
    )


def default_store(root: Path) -> Path:
    """The store of a project."""
    return root / ".tglc" / "store.sqlite"


def models_folder(environment: Mapping[str, str]) -> Path:
    """`TGLC_MODELS`, or `tglc/models` in the user's cache folder."""
    if chosen := environment.get("TGLC_MODELS"):
        return Path(chosen)
    if os.name == "nt":  # pragma: no cover - no Windows machine in CI
        base = environment.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    else:
        base = environment.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "tglc" / "models"
