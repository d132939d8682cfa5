"""A search over a real connection, while the server answers everybody with errors for a while."""

import asyncio
import json
import re

from tgl.models import ErrorKind, ModelError, ScriptedModel
from tgl.pipeline import session
from tgl.pipeline.searching import prepare, search
from tgl.pipeline.session import RunOptions
from tgl.pipeline.watch import Watch
from tgl.pipeline.workspace import find_workspace
from tgl.report import SilentProgress
from tgl.runtime import CallPolicy
from tgl.testing import FaultyServer

from .conftest import SEARCH

PROGRAM = SEARCH.replace("URL", 'env("URL")')
POISON = {7, 21, 22, 23, 35}


class Server(FaultyServer):
    """Adds, but fails on some questions always, and on all of them for some requests after the 15th reply."""

    def __init__(self, outage):
        super().__init__(lambda: ScriptedModel("m", self.reply))
        self.outage, self.answers, self.refused = outage, 0, 0

    def reply(self, request):
        number = int(re.search(r"(\d+) \+ 1", request.messages[-1].content)[1])
        out = self.answers >= 15 and self.refused < self.outage
        self.refused += out
        if out or number in POISON:
            return ModelError(ErrorKind.SERVER, "no luck", status=503)
        self.answers += 1
        return str(number + 1)


def searched(tmp_path, outage):
    """What a search writes, but for the seconds that its calls took, and the server."""
    program = tmp_path / "p.tgl"
    program.write_text(PROGRAM, encoding="utf-8")
    rows = (json.dumps({"question": f"{n} + 1", "answer": n + 1}) for n in range(40))
    (tmp_path / "adds.jsonl").write_text("\n".join(rows), encoding="utf-8")
    with Server(outage) as server:
        workspace = find_workspace(program, {"URL": server.base_url}, store=tmp_path / f"{outage}.sqlite")
        options = RunOptions(live=True, concurrency=4)
        found = asyncio.run(search(prepare(str(program)), workspace, options, Watch(SilentProgress())))
    return re.sub(r"[\d.]+s\b", "", found.text), server


def test_a_search_through_an_outage_writes_what_it_writes_without(tmp_path, monkeypatch):
    quick = CallPolicy(attempts=3, base=0.002, cap=0.02, deadline=60.0, lone=60.0)
    monkeypatch.setattr(session, "patience_of", lambda _: quick)
    (calm, _), (through, server) = (searched(tmp_path, outage) for outage in (0, 60))
    assert through == calm
    assert re.search(r"failed: [1-9]", calm), "prompts that always fail were given up"
    assert server.refused == 60, "all of the outage was met"
