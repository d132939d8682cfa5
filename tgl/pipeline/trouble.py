"""Typed failures of lower rooms as diagnostics with a code and an exit code."""

from __future__ import annotations

from tgl.models import ErrorKind, ModelError, PullError
from tgl.pipeline.saying import placed, placeless
from tgl.pipeline.stop import Exit, Stop
from tgl.storage import StoreError

__all__ = ["model_stop", "placed", "placeless", "pull_stop", "store_stop"]

MODEL_CODES: dict[ErrorKind, str] = {
    ErrorKind.CONNECTION: "R0101",
    ErrorKind.TIMEOUT: "R0102",
    ErrorKind.RATE_LIMIT: "R0103",
    ErrorKind.SERVER: "R0104",
    ErrorKind.BROKEN: "R0105",
    ErrorKind.AUTH: "R0106",
    ErrorKind.BAD_REQUEST: "R0107",
    ErrorKind.NOT_FOUND: "R0108",
    ErrorKind.MISSING: "R0109",
}


def model_stop(error: ModelError, *, saved: str = "") -> Stop:
    """What a model failure that ends the command tells; `saved` says what was kept."""
    notes = (saved,) if saved else ()
    return Stop(Exit.OUTSIDE, placeless(MODEL_CODES[error.kind], error.message, help=error.help, notes=notes))


def pull_stop(error: PullError) -> Stop:
    """What a failed pull tells."""
    return Stop(Exit.OUTSIDE, placeless("R0110", error.message, help=error.help))


def store_stop(error: StoreError) -> Stop:
    """What a failed store tells."""
    return Stop(Exit.OUTSIDE, placeless("R0301", error.message, help=error.help))
