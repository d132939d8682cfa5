"""The providers that tglc brings along: endpoints, and weights on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tgl.models.fingerprint import endpoint_fingerprint, weights_fingerprint
from tgl.models.local import LocalModel
from tgl.models.openai_compatible import OpenAICompatible
from tgl.models.packs import installed_path
from tgl.models.protocol import Capabilities, ErrorKind, Feature, ModelError
from tgl.models.provider import EnvLookup
from tgl.models.settings import EnvVar, ModelSettings, pack_of


@dataclass(frozen=True, slots=True)
class OpenAIProvider:
    """`provider openai`: a server with OpenAI's chat API."""

    def build(self, settings: ModelSettings, env: EnvLookup, cache_dir: Path) -> OpenAICompatible:
        """The client of an endpoint."""
        del cache_dir
        if not settings.id:
            raise ModelError(
                ErrorKind.MISSING,
                f"model `{settings.name}` has no `id`",
                help='write the name that the server knows it by: id "…"',
            )
        url = base_url(settings, env)
        key = settings.api_key
        secret = from_environment(settings, key, env, ErrorKind.AUTH) if key else None
        # A header can't carry anything else, and the complaint of whoever tries would quote it.
        if key and secret and not (secret.isascii() and secret.isprintable()):
            raise ModelError(
                ErrorKind.AUTH,
                f"model `{settings.name}`: the environment variable {key.name} holds a line break or a "
                "character that no key has",
                help=f"set {key.name} to the key alone",
            )
        return OpenAICompatible(
            settings.id,
            settings.revision,
            url,
            secret,
            self.capabilities_of(settings),
            settings.params,
            name=settings.name,
            key_source=key.name if key else "",
            token_limit=settings.token_limit,
        )

    def fingerprint_of(self, settings: ModelSettings) -> str:
        """sha256 over `id` and `revision`."""
        return endpoint_fingerprint(settings.id, settings.revision)

    def capabilities_of(self, settings: ModelSettings) -> Capabilities:
        """All that a server may do, as long as it was not found to do less.

        OpenAI's own address continues no reply; it would start a new one without a word.
        """
        features = frozenset(Feature)
        if settings.base_url is None:
            features -= {Feature.OPENING}
        return Capabilities(
            Capabilities().options - settings.without, settings.concurrency, features=features
        )

    def address_of(self, settings: ModelSettings, env: EnvLookup) -> str:
        """The API's address."""
        return base_url(settings, env) or "openai"


@dataclass(frozen=True, slots=True)
class LocalProvider:
    """`provider local`: weights on this machine, run in this process."""

    def build(self, settings: ModelSettings, env: EnvLookup, cache_dir: Path) -> LocalModel:
        """The model over pulled weights."""
        del env
        pack = pack_of(settings)
        return LocalModel(
            pack if settings.context is None else pack.model_copy(update={"context": settings.context}),
            installed_path(pack, cache_dir),
            self.capabilities_of(settings),
            name=settings.name,
            threads=settings.threads,
            embeds=settings.embeds,
        )

    def fingerprint_of(self, settings: ModelSettings) -> str:
        """sha256 over the weights' sha256, the chat template and the pack's stop strings."""
        pack = pack_of(settings)
        return weights_fingerprint(pack.sha256, pack.template, pack.stop)

    def capabilities_of(self, settings: ModelSettings) -> Capabilities:
        """What the engine does; it is known, so `LocalModel` adds the rest."""
        return Capabilities(Capabilities().options - settings.without, settings.concurrency)

    def address_of(self, settings: ModelSettings, env: EnvLookup) -> str:
        """None: what the engine does is known."""
        del settings, env
        return ""


OPENAI = OpenAIProvider()
LOCAL = LocalProvider()


def base_url(settings: ModelSettings, env: EnvLookup) -> str | None:
    """The declared address, None for OpenAI's own.

    Raises:
        ModelError: MISSING if there is none, or it is no address.
    """
    url, held = settings.base_url, ""
    if isinstance(url, EnvVar):
        held = f", as {url.name} holds it,"
        url = from_environment(settings, url, env, ErrorKind.MISSING)
    if url is not None and not is_http(url):
        raise ModelError(
            ErrorKind.MISSING,
            f"model `{settings.name}`: its `base_url`{held} is no http address",
            help="write it like http://127.0.0.1:8000/v1",
        )
    return url


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
