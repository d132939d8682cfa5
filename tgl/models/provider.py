"""What a kind of back-end is, for the built-in ones and for those of other packages.

A package offers one by the entry point group `tglc.providers`: the entry point's name is what a program
writes after `provider`, its value an object that keeps this contract.

    [project.entry-points."tglc.providers"]
    mine = "my_package:MINE"
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, runtime_checkable

from tgl.models.protocol import Capabilities, ChatModel
from tgl.models.settings import ModelSettings

EnvLookup = Callable[[str], str | None]


@runtime_checkable
class Provider(Protocol):
    """A kind of back-end.

    `fingerprint_of` and `capabilities_of` are pure and need neither server, key, weights nor engine: a
    replay asks nobody. Settings that only this provider knows come as text in `ModelSettings.more`.
    """

    def build(self, settings: ModelSettings, env: EnvLookup, cache_dir: Path) -> ChatModel:
        """The back-end for a declared model; no request is made yet.

        Args:
            settings: the declaration.
            env: the value of an environment variable, None if it is not set.
            cache_dir: where pulled weights lie.

        Raises:
            ModelError: MISSING or AUTH, for what can be seen to be lacking before the first request.
        """
        ...

    def fingerprint_of(self, settings: ModelSettings) -> str:
        """The fingerprint that the model built from `settings` has.

        Raises:
            ModelError: MISSING if the settings name no model.
        """
        ...

    def capabilities_of(self, settings: ModelSettings) -> Capabilities:
        """What a program may ask of the model."""
        ...

    def address_of(self, settings: ModelSettings, env: EnvLookup) -> str:
        """Where the model is asked, "" where the settings alone decide what it can do.

        What a probe finds out is kept for a fingerprint at an address. It is hashed before it is kept.
        """
        ...
