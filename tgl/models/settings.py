"""What a program declares about a model, as far as a back-end needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tgl.ir.program import ModelSpec
from tgl.models.packs import Pack, direct_pack, known_packs, resolve
from tgl.models.protocol import ErrorKind, ModelError


@dataclass(frozen=True, slots=True)
class EnvVar:
    """The name of an environment variable that holds a value which a program doesn't write down."""

    name: str


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """One declared model.

    Args:
        name: what the program calls it.
        provider: name of the kind of back-end.
        id: the model's name at an endpoint (`openai`).
        weights: name of a pack, or a source (`local`).
        sha256: of the weights, for a source.
        base_url: the endpoint's address; None is OpenAI's own.
        api_key: the variable that holds the key.
        revision: what is declared about the weights behind `id`.
        params: parameter count.
        concurrency: requests at a time; slots, for `local`.
        without: decoding options that the model refuses.
        timeout: seconds for one exchange.
        token_limit: the endpoint's name for the limit on tokens; None lets the address decide.
        context: tokens of prompt and reply (`local`); None is the pack's.
        threads: CPU threads that compute (`local`).
        embeds: whether it makes vectors of texts, and no replies.
        more: settings that only the provider knows, as written: (key, text) pairs.
    """

    name: str
    provider: str
    id: str = ""
    weights: str = ""
    sha256: str = ""
    base_url: str | EnvVar | None = None
    api_key: EnvVar | None = None
    revision: str = ""
    params: float | None = None
    concurrency: int | None = None
    without: frozenset[str] = frozenset()
    timeout: float | None = None
    token_limit: Literal["max_tokens", "max_completion_tokens"] | None = None
    context: int | None = None
    threads: int = 1
    embeds: bool = False
    more: tuple[tuple[str, str], ...] = ()


def settings_of(spec: ModelSpec) -> ModelSettings:
    """The settings that a checked program's declaration gives.

    Raises:
        ModelError: MISSING for a number that is none.
    """
    more = dict(spec.settings)
    limit = more.get("token_limit")
    return ModelSettings(
        name=spec.name,
        provider=spec.provider,
        id=spec.id or "",
        weights=spec.weights or "",
        sha256=spec.sha256 or "",
        base_url=EnvVar(spec.base_url_env) if spec.base_url_env else spec.base_url,
        api_key=EnvVar(spec.api_key_env) if spec.api_key_env else None,
        revision=spec.revision or "",
        params=spec.params,
        concurrency=spec.concurrency,
        without=frozenset(spec.without),
        timeout=spec.timeout,
        token_limit=limit if limit in ("max_tokens", "max_completion_tokens") else None,
        context=whole_number(spec.name, "context", more.get("context")),
        threads=whole_number(spec.name, "threads", more.get("threads")) or 1,
        embeds=spec.embeds,
        more=spec.settings,
    )


def whole_number(model: str, key: str, text: str | None) -> int | None:
    """The number that a setting gives, None if it is not given."""
    if text is None or (text.isascii() and text.isdigit() and int(text) > 0):
        return None if text is None else int(text)
    raise ModelError(
        ErrorKind.MISSING,
        f"model `{model}`: `{key}` is `{text}`, which is no whole number above 0",
        help=f"write it like: {key} 2048" if key == "context" else f"write it like: {key} 4",
    )


def pack_of(settings: ModelSettings) -> Pack:
    """The pack that a local model's `weights` name.

    Raises:
        ModelError: MISSING if they name none.
    """
    if (pack := resolve(settings.weights)) is not None:
        return pack
    try:
        return direct_pack(settings.weights, settings.sha256)
    except ValueError:
        names = ", ".join(pack.name for pack in known_packs())
        raise ModelError(
            ErrorKind.MISSING,
            f'model `{settings.name}`: there are no weights "{settings.weights}"',
            help=f"known weights: {names}; or write a source (pypi:, hf:, https:, file:) "
            "and the file's `sha256`, 64 hex digits",
        ) from None
