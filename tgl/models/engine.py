"""llama.cpp in this process, by way of xllamacpp: the only file that knows it.

The engine serves its own HTTP API on an ephemeral loopback port, behind a key that only this process
knows. Asking it over HTTP costs about 4 % more CPU than its in-process functions and buys what those
lack: a dropped connection cancels a request and frees its slot, and the client is the one that is
tested against real servers.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from pathlib import Path
from typing import Protocol, cast

from tgl.models.protocol import ErrorKind, ModelError

MODULE = "xllamacpp"
SILENT = -1
MEAN = 1
"""The engine's number for the mean of the tokens' vectors."""


class Server(Protocol):
    """The part of `xllamacpp.Server` that is used. It serves from its making until it is collected."""

    @property
    def listening_address(self) -> str: ...


class ModelFile(Protocol):
    """The part of `xllamacpp.CommonParamsModel` that is used."""

    path: str


class Cpu(Protocol):
    """The part of `xllamacpp.CpuParams` that is used."""

    n_threads: int
    poll: int


class Params(Protocol):
    """The part of `xllamacpp.CommonParams` that is used."""

    api_keys: list[str]
    n_ctx: int
    n_parallel: int
    port: int
    ui: bool
    verbosity: int
    warmup: bool
    embedding: bool
    pooling_type: int
    n_batch: int
    n_ubatch: int

    @property
    def model(self) -> ModelFile: ...
    @property
    def cpuparams(self) -> Cpu: ...
    @property
    def cpuparams_batch(self) -> Cpu: ...


class Module(Protocol):
    """The part of `xllamacpp` that is used."""

    def CommonParams(self) -> Params: ...
    def Server(self, params: Params) -> Server: ...


def is_engine_installed() -> bool:
    """Whether the package is there, without the cost of importing it."""
    return importlib.util.find_spec(MODULE) is not None


def engine_missing(name: str, reason: str = "is not installed") -> ModelError:
    """There is no engine to run model `name` with."""
    return ModelError(
        ErrorKind.MISSING,
        f"model `{name}`: the engine for local models {reason}",
        help="run: pip install 'tgl[local]'",
    )


def start_engine(
    name: str,
    weights: Path,
    *,
    key: str,
    slots: int,
    context: int,
    threads: int,
    embeds: bool = False,
    pooling: int | None = None,
) -> Server:
    """A server for the weights; blocks for the second or two that loading takes.

    Args:
        name: of the model, for messages.
        weights: a GGUF file.
        key: what requests have to show.
        slots: requests served at a time, batched together.
        context: tokens of prompt and reply, a slot.
        threads: CPU threads that compute.
        embeds: whether it makes vectors, and no replies.
        pooling: how a vector is made of those of the tokens (`MEAN`); None is as the weights say.

    Raises:
        ModelError: MISSING if the engine can't be loaded, or can't load the weights.
    """
    # Read when the engine's thread library is loaded. Without it, threads that wait for each other spin,
    # and a machine with other work to do falls to a few tokens a second.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        module = cast("Module", importlib.import_module(MODULE))
    except ImportError as error:
        raise engine_missing(name, f"can't be loaded ({' '.join(str(error).split())})") from error
    params = module.CommonParams()
    params.model.path = str(weights)
    params.n_parallel = slots
    params.n_ctx = slots * context
    params.port = 0
    params.api_keys = [key]
    params.ui = False
    params.warmup = False
    params.verbosity = SILENT
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads = threads
        cpu.poll = 0
    if embeds:
        params.embedding = True
        if pooling is not None:
            params.pooling_type = pooling
        # A text is read in one go, however long.
        params.n_batch = params.n_ubatch = context
    try:
        return module.Server(params)
    except RuntimeError as error:
        raise ModelError(
            ErrorKind.MISSING,
            f"model `{name}`: the engine can't load {weights} ({error})",
            help="check that the file is a GGUF model and that memory suffices; "
            "lower `concurrency` to need less of it",
        ) from error
