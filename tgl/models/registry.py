"""Providers by name: the built-in ones, and those that other packages offer by entry point.

All are entry points, loaded in the same way; the built-in ones come first, so no package can take their
names. Names are read from packages' metadata; code of a package runs only when its provider is used.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TypeVar

from tgl.models.fingerprint import vectors_fingerprint
from tgl.models.protocol import Capabilities, ChatModel, ErrorKind, ModelError
from tgl.models.provider import EnvLookup, Provider
from tgl.models.settings import ModelSettings
from tgl.models.vectors import VectorModel

T = TypeVar("T")

GROUP = "tglc.providers"
BUILT_IN = (
    EntryPoint("local", "tgl.models.providers:LOCAL", GROUP),
    EntryPoint("openai", "tgl.models.providers:OPENAI", GROUP),
    EntryPoint("simulated", "tgl.models.simulated:SIMULATED", GROUP),
)


def provider_names() -> tuple[str, ...]:
    """What a program may write after `provider`: built-in names, then others, sorted. Runs no plugin."""
    own = [point.name for point in BUILT_IN]
    return (*own, *sorted({point.name for point in entry_points(group=GROUP)} - {*own}))


def is_built_in(name: str) -> bool:
    """Whether a provider comes with tglc."""
    return any(point.name == name for point in BUILT_IN)


def find_provider(name: str, model: str) -> Provider:
    """The provider of that name.

    Args:
        name: what the program writes.
        model: whose provider it is, for messages.

    Raises:
        ModelError: MISSING if none is installed, several are, or it can't be loaded.
    """
    points = [point for point in BUILT_IN if point.name == name]
    points = points or list(entry_points(group=GROUP, name=name))
    match points:
        case []:
            raise ModelError(
                ErrorKind.MISSING,
                f"model `{model}`: there is no provider `{name}`",
                help=f"the providers are {', '.join(provider_names())}",
            )
        case [point]:
            pass
        case _:
            packages = " and ".join(sorted(package_of(point) for point in points))
            raise ModelError(
                ErrorKind.MISSING,
                f"model `{model}`: {packages} both offer a provider `{name}`",
                help="uninstall one of them",
            )
    # A plugin may fail in any way while it is imported; none of them is our fault or a traceback.
    found = guarded(point.load, point, model)
    if not isinstance(found, Provider):
        raise broken(point, model, "is none: it lacks build, fingerprint_of, capabilities_of or address_of")
    return found


def build(settings: ModelSettings, env: EnvLookup, cache_dir: Path) -> ChatModel:
    """The back-end for a declared model, as `Provider.build`."""
    found = find_provider(settings.provider, settings.name)
    model = guarded(lambda: found.build(settings, env, cache_dir), settings.provider, settings.name)
    return VectorModel(model, settings.name) if settings.embeds else model


def fingerprint_of(settings: ModelSettings) -> str:
    """The fingerprint of the model built from `settings`, as `Provider.fingerprint_of`."""
    found = find_provider(settings.provider, settings.name)
    one = guarded(lambda: found.fingerprint_of(settings), settings.provider, settings.name)
    return vectors_fingerprint(one) if settings.embeds else one


def capabilities_of(settings: ModelSettings) -> Capabilities:
    """What a program may ask of the model, as `Provider.capabilities_of`."""
    found = find_provider(settings.provider, settings.name)
    return guarded(lambda: found.capabilities_of(settings), settings.provider, settings.name)


def address_of(settings: ModelSettings, env: EnvLookup) -> str:
    """Where the model is asked, as `Provider.address_of`."""
    found = find_provider(settings.provider, settings.name)
    return guarded(lambda: found.address_of(settings, env), settings.provider, settings.name)


def guarded(work: Callable[[], T], point: EntryPoint | str, model: str) -> T:
    """The result of a provider's code; what a plugin raises becomes a `ModelError`, our own faults stay."""
    try:
        return work()
    except ModelError:
        raise
    except Exception as error:
        if is_built_in(point if isinstance(point, str) else point.name):
            raise
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise broken(point, model, f"fails ({reason})") from error


def broken(point: EntryPoint | str, model: str, what: str) -> ModelError:
    """A plugin that does not keep its contract."""
    if isinstance(point, str):
        point = next(iter(entry_points(group=GROUP, name=point)))
    return ModelError(
        ErrorKind.MISSING,
        f"model `{model}`: the provider `{point.name}` of {package_of(point)} {what}",
        help="update that package, or ask its makers",
    )


def package_of(point: EntryPoint) -> str:
    """Who offers an entry point, for messages."""
    return point.value if point.dist is None else f"{point.dist.name} {point.dist.version}"
