"""A model's identity (semantics.md 1), computed from what is declared: never a URL, never a key."""

from __future__ import annotations

import hashlib
import json


def endpoint_fingerprint(id: str, revision: str) -> str:
    """The identity of a model behind an endpoint: its name there and the declared revision. 64 hex digits."""
    return digest({"kind": "endpoint", "id": id, "revision": revision})


def weights_fingerprint(sha256: str, template: str, stop: tuple[str, ...] = ()) -> str:
    """The identity of weights that we run ourselves. 64 hex digits.

    Args:
        sha256: of the weights' file.
        template: "builtin" (it lies in that file) or the Jinja text that renders a prompt.
        stop: strings that end a reply whatever the request says; they shape the text, so they count.
    """
    return digest({"kind": "weights", "sha256": sha256, "template": template, "stop": list(stop)})


def vectors_fingerprint(model: str) -> str:
    """The identity of a model that makes vectors, from the one that it has otherwise. 64 hex digits."""
    return digest({"kind": "vectors", "version": "1", "model": model})


def digest(facts: dict[str, str | list[str]]) -> str:
    """The sha256 of the facts as canonical JSON."""
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
