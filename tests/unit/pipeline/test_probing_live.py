"""A live run finds out, on the bill alone, how many replies a request may ask for, and keeps it."""

import asyncio
from pathlib import Path

from tgl.ir import ModelSpec
from tgl.models import (
    Capabilities,
    ChatMessage,
    ChatRequest,
    Decoding,
    OpenAICompatible,
    Probed,
    Role,
    ScriptedModel,
    share,
)
from tgl.pipeline.probing import Curious, informed, note_name
from tgl.pipeline.workspace import Workspace
from tgl.runtime import BillCap, Ledger
from tgl.storage import MemoryStore
from tgl.testing import FaultyServer, Manners

HERE = Path()


def words(request):
    return " ".join(str(int(share(request, str(place)) * 1000)) for place in range(10))


def request(temperature):
    return ChatRequest((ChatMessage(Role.USER, "hello"),), Decoding(temperature, max_tokens=12), 1)


def run_once(store, *, temperature=0.7, manners=None, cap=None):
    """One call of a fresh session; what the server saw, the bill, and what may be asked for then."""
    with FaultyServer(lambda: ScriptedModel("m", words), manners=manners) as server:
        spec = ModelSpec(name="m", provider="openai", id="m", base_url="http://127.0.0.1:1/v1")
        workspace = Workspace(HERE, HERE, HERE, {})

        async def main():
            back_end = OpenAICompatible("m", "", server.base_url, None, Capabilities())
            model = informed(spec, back_end, store, workspace)
            ledger = Ledger({"m": spec}, cap or BillCap())
            if isinstance(model, Curious):
                model.ledger = ledger
            before = model.capabilities.max_n
            await model.complete(request(temperature), timeout=5.0)
            if isinstance(model, Curious) and model.work is not None:
                await model.work
            after = model.capabilities.max_n
            await model.close()
            return before, after, ledger

        before, after, ledger = asyncio.run(main())
        return before, after, ledger, len(server.bodies), store.note_get(note_name(spec, workspace))


def test_the_first_drawn_call_makes_it_known_and_the_bill_counts_it():
    with MemoryStore() as store:
        before, after, ledger, requests, note = run_once(store)
        assert (before, after) == (1, 8)
        assert ledger.billed_calls == requests - 1 == 4
        assert ledger.bill["m"].completion_tokens > 0
        assert ledger.spent_calls == 0
        assert Probed.model_validate_json(note).max_n == 8
        assert run_once(store)[:2] == (8, 8)
        assert run_once(store)[3] == 1, "what is kept is not asked again"


def test_a_greedy_call_asks_nothing():
    with MemoryStore() as store:
        _, after, ledger, requests, note = run_once(store, temperature=0.0)
        assert (after, ledger.billed_calls, requests, note) == (1, 0, 1, None)


def test_a_bill_that_is_full_asks_nothing_more():
    with MemoryStore() as store:
        _, after, ledger, requests, note = run_once(store, cap=BillCap(calls=2))
        assert (after, ledger.billed_calls, requests, note) == (1, 2, 3, None)


def test_a_server_that_gives_one_at_a_time_is_asked_for_one():
    with MemoryStore() as store:
        _, after, _, _, note = run_once(store, manners=Manners(max_n=1, beyond="ignore"))
        assert after == 1
        assert Probed.model_validate_json(note).max_n == 1
