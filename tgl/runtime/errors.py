"""Why a batch of runs ended without results. One failed example is no such reason: it is a result."""

from __future__ import annotations

from collections.abc import Mapping

from tgl.models import ErrorKind
from tgl.storage import Origin


class BatchStopped(Exception):
    """No results. Every response that was paid for is stored.

    Args:
        message: one line for the person.
        help: what can be done, one line.
    """

    def __init__(self, message: str, *, help: str) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class MissingResponses(BatchStopped):
    """Calls whose responses are not stored, where none may be issued.

    Calls that depend on a missing one are not known, so `total` is a lower bound.

    Args:
        total: distinct calls.
        by_node: the same by node, nodes in order of first need.
        by_model: the same by model.
        origin: what the first of them asks; `tgl.storage.why_missing` explains it.
    """

    def __init__(
        self, total: int, by_node: Mapping[str, int], by_model: Mapping[str, int], origin: Origin
    ) -> None:
        nodes = ", ".join(f"{count} of {node}" for node, count in by_node.items())
        calls = "1 response is" if total == 1 else f"{total} responses are"
        super().__init__(
            f"{calls} not recorded ({nodes})",
            help="give --live to ask the models, or import a recording with `tglc store import`",
        )
        self.total = total
        self.by_node = dict(by_node)
        self.by_model = dict(by_model)
        self.origin = origin


class ModelRefused(BatchStopped):
    """A model that will not answer anything: wrong key, unknown model, bad request, nothing installed."""

    def __init__(self, model: str, kind: ErrorKind, message: str, *, help: str = "") -> None:
        named = f"model `{model}`: "
        super().__init__(named + message.removeprefix(named), help=help or HELP.get(kind, ""))
        self.model = model
        self.kind = kind


class BillReached(BatchStopped):
    """The next attempt could cost more than the cap on the bill allows."""

    def __init__(self, cap: str, billed: str) -> None:
        super().__init__(
            f"the bill would pass its cap of {cap} ({billed} so far)",
            help="resume with a larger --max-bill; what was paid for is stored",
        )


HELP = {
    ErrorKind.AUTH: "check the key that the program's `api_key` names",
    ErrorKind.BAD_REQUEST: "check the model's options; what it does not take belongs in `without`",
    ErrorKind.NOT_FOUND: "check the model's `id` and `base_url`",
    ErrorKind.MISSING: "see `tglc models list`",
}
