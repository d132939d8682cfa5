"""Model back-ends: what may be asked, who answers, and where weights come from.

`build` gives the back-end of a declared model, `fingerprint_of` its identity without building it,
`pull` its weights. A back-end makes one request and gives one reply or one `ModelError`; retries, limits
and storing are the runtime's.
"""

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
    Usage,
)
from tgl.models.provider import EnvLookup, Provider
from tgl.models.pull import Accept, pull
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
    "Usage",
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
