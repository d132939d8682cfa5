"""Stops of the runtime and of the store as stops of a command."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from tgl.evaluate import ExampleFailed, NotScored
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.trouble import MODEL_CODES, placeless, store_stop
from tgl.runtime import BatchStopped, BillReached, MissingResponses, ModelRefused
from tgl.storage import JournalMismatch, ReadOnlyResponses, StoreError, why_missing


@contextmanager
def outside_trouble(responses: ReadOnlyResponses, *, saved: str = "") -> Generator[None]:
    """Turn what can go wrong outside into a `Stop` with exit code 3.

    Args:
        responses: where stored responses are, to explain a miss.
        saved: what to say about what was kept.
    """
    try:
        yield
    except BatchStopped as stop:
        raise batch_stop(stop, responses, saved) from None
    except StoreError as error:
        raise store_stop(error) from None
    except JournalMismatch as error:
        raise Stop(Exit.OUTSIDE, placeless("R0303", str(error), help=error.help)) from None


def batch_stop(stop: BatchStopped, responses: ReadOnlyResponses, saved: str) -> Stop:
    """Why a batch ended without results."""
    notes = (saved,) if saved else ()
    match stop:
        case MissingResponses():
            why = why_missing(stop.origin, responses.records())
            return Stop(Exit.OUTSIDE, placeless("R0302", stop.message, help=stop.help, notes=(why,)))
        case ModelRefused():
            return Stop(
                Exit.OUTSIDE, placeless(MODEL_CODES[stop.kind], stop.message, help=stop.help, notes=notes)
            )
        case ExampleFailed():
            return Stop(Exit.OUTSIDE, placeless("R0304", stop.message, help=stop.help, notes=notes))
        case NotScored():
            # An R code is of this machine, not of the program.
            code = Exit.OUTSIDE if stop.code.startswith("R") else Exit.FAILED
            return Stop(code, placeless(stop.code, stop.message, help=stop.help, notes=notes))
        case BillReached():
            return Stop(Exit.OUTSIDE, placeless("R0308", stop.message, help=stop.help, notes=notes))
        case _:
            return Stop(Exit.OUTSIDE, placeless("R0301", stop.message, help=stop.help, notes=notes))
