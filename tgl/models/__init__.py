"""Model back-ends: what may be asked, who answers, and where weights come from.

`build` gives the back-end of a declared model, `fingerprint_of` its identity without building it,
`pull` its weights. A back-end makes one request and gives one reply or one `ModelError`; retries, limits
and storing are the runtime's.

Nothing is imported before it is used: `tglc check` asks for names of packs and providers alone. No module may
have the name of something that is public here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tgl.models.fetch import Progress, PullError, PullErrorKind
    from tgl.models.local import LocalModel
    from tgl.models.openai_compatible import OpenAICompatible
    from tgl.models.packs import Licence, Pack, direct_pack, installed_path, known_packs, resolve
    from tgl.models.probing import Adaptable, Probed, probe, probe_name, probe_several, probed_of
    from tgl.models.protocol import (
        Capabilities,
        ChatMessage,
        ChatModel,
        ChatReply,
        ChatRequest,
        Decoding,
        EmbeddingModel,
        ErrorKind,
        Feature,
        Finish,
        ModelError,
        Role,
        TextVector,
        Usage,
        VectorSource,
    )
    from tgl.models.provider import EnvLookup, Provider
    from tgl.models.pulling import Accept, pull
    from tgl.models.registry import (
        address_of,
        build,
        capabilities_of,
        fingerprint_of,
        provider_names,
    )
    from tgl.models.scripted import ScriptedModel, share, solver
    from tgl.models.settings import (
        EnvVar,
        ModelSettings,
        pack_of,
        settings_of,
    )
    from tgl.models.terms import terms_text
    from tgl.models.vectors import VectorModel

__all__ = [
    "Accept",
    "Adaptable",
    "Capabilities",
    "ChatMessage",
    "ChatModel",
    "ChatReply",
    "ChatRequest",
    "Decoding",
    "EmbeddingModel",
    "EnvLookup",
    "EnvVar",
    "ErrorKind",
    "Feature",
    "Finish",
    "Licence",
    "LocalModel",
    "ModelError",
    "ModelSettings",
    "OpenAICompatible",
    "Pack",
    "Probed",
    "Progress",
    "Provider",
    "PullError",
    "PullErrorKind",
    "Role",
    "ScriptedModel",
    "TextVector",
    "Usage",
    "VectorModel",
    "VectorSource",
    "address_of",
    "build",
    "capabilities_of",
    "direct_pack",
    "fingerprint_of",
    "installed_path",
    "known_packs",
    "pack_of",
    "probe",
    "probe_name",
    "probe_several",
    "probed_of",
    "provider_names",
    "pull",
    "resolve",
    "settings_of",
    "share",
    "solver",
    "terms_text",
]

HOMES = {
    "Accept": "pulling",
    "Adaptable": "probing",
    "Capabilities": "protocol",
    "ChatMessage": "protocol",
    "ChatModel": "protocol",
    "ChatReply": "protocol",
    "ChatRequest": "protocol",
    "Decoding": "protocol",
    "EmbeddingModel": "protocol",
    "EnvLookup": "provider",
    "EnvVar": "settings",
    "ErrorKind": "protocol",
    "Feature": "protocol",
    "Finish": "protocol",
    "Licence": "packs",
    "LocalModel": "local",
    "ModelError": "protocol",
    "ModelSettings": "settings",
    "OpenAICompatible": "openai_compatible",
    "Pack": "packs",
    "Probed": "probing",
    "Progress": "fetch",
    "Provider": "provider",
    "PullError": "fetch",
    "PullErrorKind": "fetch",
    "Role": "protocol",
    "ScriptedModel": "scripted",
    "TextVector": "protocol",
    "Usage": "protocol",
    "VectorModel": "vectors",
    "VectorSource": "protocol",
    "address_of": "registry",
    "build": "registry",
    "capabilities_of": "registry",
    "direct_pack": "packs",
    "fingerprint_of": "registry",
    "installed_path": "packs",
    "known_packs": "packs",
    "pack_of": "settings",
    "probe": "probing",
    "probe_name": "probing",
    "probe_several": "probing",
    "probed_of": "probing",
    "provider_names": "registry",
    "pull": "pulling",
    "resolve": "packs",
    "settings_of": "settings",
    "share": "scripted",
    "solver": "scripted",
    "terms_text": "terms",
}
"""The module that each name comes from."""


def __getattr__(name: str) -> object:
    """A public name, from its module."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
