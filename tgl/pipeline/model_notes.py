"""What a store remembers of the models that were asked: names, so that a fingerprint tells something."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tgl.ir import ModelSpec
from tgl.runtime import origin_of
from tgl.storage import Store, settings_in

PREFIX = "model:"


def model_key(fingerprint: str) -> str:
    """The start of a fingerprint, as stored origins hold it."""
    return origin_of(fingerprint, "[]", "{}", "", 0).model


def model_note(spec: ModelSpec) -> str:
    """What names a model, as canonical JSON. No address and no key."""
    named = {"provider": spec.provider, "id": spec.id, "weights": spec.weights, "revision": spec.revision}
    return json.dumps(
        {name: value for name, value in named.items() if value}, sort_keys=True, separators=(",", ":")
    )


def remember_model(store: Store, spec: ModelSpec, fingerprint: str) -> None:
    """Keep what names a model that is asked.

    Raises:
        StoreError: the store can't be read or written.
    """
    name, note = PREFIX + model_key(fingerprint), model_note(spec)
    if store.note_get(name) != note:
        store.note_put(name, note)


def remembered_models(store: Store) -> Mapping[str, str]:
    """The notes on models, by the start of their fingerprint.

    Raises:
        StoreError: the store can't be read.
    """
    return {
        name.removeprefix(PREFIX): text for name, text in store.notes().items() if name.startswith(PREFIX)
    }


def model_names(store: Store) -> dict[str, str]:
    """What the store calls models (`id@revision`, or weights), by the start of their fingerprint.

    Raises:
        StoreError: the store can't be read.
    """
    found: dict[str, str] = {}
    for model, note in remembered_models(store).items():
        settings = settings_in(note)
        name = str(settings.get("id") or settings.get("weights") or "")
        revision = settings.get("revision")
        found[model] = f"{name}@{revision}" if revision else name
    return found
