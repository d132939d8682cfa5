"""From a model's settings to the back-end that serves it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import assert_never
from urllib.parse import urlsplit

from tgl.models.local import LocalModel
from tgl.models.openai_compatible import OpenAICompatible
from tgl.models.packs import installed_path
from tgl.models.protocol import ChatModel, ErrorKind, ModelError
from tgl.models.settings import EnvVar, ModelSettings, Provider, capabilities_of, pack_of

EnvLookup = Callable[[str], str | None]


def build(settings: ModelSettings, env: EnvLookup, cache_dir: Path) -> ChatModel:
    """The back-end for a declared model.

    Args:
        settings: the declaration.
        env: the value of an environment variable, None if it is not set.
        cache_dir: where pulled weights lie.

    Raises:
        ModelError: MISSING or AUTH, for what can be seen to be lacking before the first request.
    """
    match settings.provider:
        case Provider.OPENAI:
            return build_endpoint(settings, env)
        case Provider.LOCAL:
            pack = pack_of(settings)
            return LocalModel(
                pack if settings.context is None else pack.model_copy(update={"context": settings.context}),
                installed_path(pack, cache_dir),
                capabilities_of(settings),
                name=settings.name,
                threads=settings.threads,
            )
        case _:
            assert_never(settings.provider)


def build_endpoint(settings: ModelSettings, env: EnvLookup) -> OpenAICompatible:
    """The client of an endpoint."""
    if not settings.id:
        raise ModelError(
            ErrorKind.MISSING,
            f"model `{settings.name}` has no `id`",
            help='write the name that the server knows it by: id "…"',
        )
    url = settings.base_url
    if isinstance(url, EnvVar):
        url = from_environment(settings, url, env, ErrorKind.MISSING)
    if url is not None and not is_http(url):
        raise ModelError(
            ErrorKind.MISSING,
            f"model `{settings.name}`: its `base_url` is no http address",
            help="write it like http://127.0.0.1:8000/v1",
        )
    key = settings.api_key
    secret = from_environment(settings, key, env, ErrorKind.AUTH) if key else None
    # A header can't carry anything else, and the complaint of whoever tries would quote it.
    if key and secret and not (secret.isascii() and secret.isprintable()):
        raise ModelError(
            ErrorKind.AUTH,
            f"model `{settings.name}`: the environment variable {key.name} holds a line break or a character "
            "that no key has",
            help=f"set {key.name} to the key alone",
        )
    return OpenAICompatible(
        settings.id,
        settings.revision,
        url,
        secret,
        capabilities_of(settings),
        settings.params,
        name=settings.name,
        key_source=key.name if key else "",
        token_limit=settings.token_limit,
    )


def is_http(url: str) -> bool:
    """Whether an address can be asked over HTTP."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that don't match, a port beyond 65535
        return False


def from_environment(settings: ModelSettings, variable: EnvVar, env: EnvLookup, kind: ErrorKind) -> str:
    """The variable's value, which must be there."""
    if value := (env(variable.name) or "").strip():
        return value
    raise ModelError(
        kind,
        f"model `{settings.name}`: the environment variable {variable.name} is not set",
        help=f"set it: export {variable.name}=…",
    )
