"""Weights by name: what a pack is, which ones are known, where one lies once it is pulled."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from tgl.models.sources import file_stem, parse_source

BUILTIN_TEMPLATE = "builtin"


class Licence(BaseModel):
    """The terms of a pack. `accept` says whether a person has to agree before a pull."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    url: str
    accept: bool


class Pack(BaseModel):
    """One model's weights, complete enough to identify them without having them.

    `template` is "builtin" (the weights' file carries its chat template) or Jinja text over `messages`.
    `size` is in bytes, 0 where unknown; `context` in tokens a slot; `stop` is added to a request's own
    stop strings. `terms` is the source of the licence's text, "" where the URL has to do.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    sources: tuple[str, ...] = Field(min_length=1)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)
    params: int = Field(ge=0)
    context: int = Field(gt=0)
    template: str
    stop: tuple[str, ...] = ()
    licence: Licence
    terms: str = ""

    @property
    def file_name(self) -> str:
        """The file's name in the cache folder; it changes with the weights."""
        return f"{self.name}-{self.sha256[:12]}.gguf"


class PackList(BaseModel):
    """The file `packs.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pack: tuple[Pack, ...]


@cache
def known_packs() -> tuple[Pack, ...]:
    """The packs that this version knows, in the order of `packs.toml`."""
    text = files("tgl.models").joinpath("packs.toml").read_text(encoding="utf-8")
    return PackList.model_validate(tomllib.loads(text)).pack


def resolve(weights: str) -> Pack | None:
    """The known pack of that name, or None. Pure."""
    return next((pack for pack in known_packs() if pack.name == weights), None)


def direct_pack(source: str, sha256: str, *, context: int = 2048, template: str = BUILTIN_TEMPLATE) -> Pack:
    """A pack for weights that a program names by their source.

    Args:
        source: one of the forms of `tgl.models.sources`.
        sha256: of the GGUF file, 64 lower-case hex digits.
        context: tokens a slot.
        template: "builtin" or Jinja text.

    Raises:
        ValueError: no such form, or no such hash.
    """
    return Pack(
        name=file_stem(parse_source(source)),
        title=source,
        sources=(source,),
        sha256=sha256,
        size=0,
        params=0,
        context=context,
        template=template,
        licence=Licence(name="not stated", url="", accept=False),
    )


def installed_path(pack: Pack, cache_dir: Path) -> Path | None:
    """Where the pack's weights lie in `cache_dir`, or None if they are not there whole.

    Packs that differ in their template alone share one file.
    """
    same = sorted(cache_dir.glob(f"*-{pack.sha256[:12]}.gguf")) if cache_dir.is_dir() else []
    for path in (cache_dir / pack.file_name, *same):
        if path.is_file() and not (pack.size and path.stat().st_size != pack.size):
            return path
    return None
