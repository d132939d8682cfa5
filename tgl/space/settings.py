"""The decided settings of a role, read by type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tgl.ir import ModelName, WhatName
from tgl.space.static import Static


@dataclass(frozen=True, slots=True)
class Settings:
    """The decided settings of a node, by type."""

    node: str
    values: Mapping[str, Static]

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        if value is None or isinstance(value, str):
            return value
        raise self._wrong(name, "a text")

    def integer(self, name: str) -> int | None:
        value = self.values.get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise self._wrong(name, "a whole number")

    def number(self, name: str) -> float | None:
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        raise self._wrong(name, "a number")

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.values.get(name)
        items = value if isinstance(value, tuple) else () if value is None else (value,)
        texts = tuple(item for item in items if isinstance(item, str))
        if len(texts) < len(items):
            raise self._wrong(name, "a list of texts")
        return texts

    def scalar(self, name: str) -> bool | int | float | str | None:
        value = self.values.get(name)
        match value:
            case ModelName() | WhatName():
                return value.name
            case tuple():
                raise self._wrong(name, "a single value")
            case _:
                return value

    def _wrong(self, name: str, wanted: str) -> ValueError:
        return ValueError(f"{self.node}.{name}: {self.values.get(name)!r} is not {wanted}")
