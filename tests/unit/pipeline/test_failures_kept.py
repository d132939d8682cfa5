"""Failed calls are never stored, and yet `eval` and `verify` tell the figures that a search wrote."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from tgl.ir import ModelSpec
from tgl.models import ChatRequest, ErrorKind, ModelError, ScriptedModel
from tgl.pipeline import session
from tgl.pipeline.evaluating import EvalOutcome, Verification, evaluate, verify
from tgl.pipeline.resolved import load_resolved
from tgl.pipeline.searching import prepare, search
from tgl.pipeline.session import RunOptions
from tgl.pipeline.watch import Watch
from tgl.pipeline.workspace import find_workspace
from tgl.report import SilentProgress
from tgl.runtime import CallPolicy

from .conftest import SEARCH

PROGRAM = SEARCH.replace("URL", '"http://127.0.0.1:9/v1"')


def unlucky(request: ChatRequest) -> str | ModelError:
    """Right, but every fifth question fails."""
    found = re.search(r"(\d+) \+ 1", request.messages[-1].content)
    number = int(found[1]) if found else 0
    return ModelError(ErrorKind.SERVER, "no luck") if number % 5 == 0 else str(number + 1)


def test_eval_and_verify_after_a_search_with_failures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "patience_of", lambda _: CallPolicy(attempts=1, exact=True))
    rows = "".join(f'{{"question": "{n} + 1", "answer": {n + 1}}}\n' for n in range(100))
    (tmp_path / "adds.jsonl").write_text(rows, encoding="utf-8")
    program, resolved = tmp_path / "p.tgl", tmp_path / "p.opt.tgl"
    program.write_text(PROGRAM, encoding="utf-8")
    workspace = find_workspace(program, {}, store=tmp_path / "store.sqlite")

    def make(spec: ModelSpec) -> ScriptedModel:
        # The identity is the declared one's, so that commands without models find the responses.
        model = ScriptedModel("m", unlucky)
        monkeypatch.setattr(
            ScriptedModel,
            "fingerprint",
            property(lambda _: session.fingerprint_of(session.settings_of(spec))),
        )
        return model

    async def whole() -> tuple[str, EvalOutcome, Verification]:
        watch = Watch(SilentProgress())
        found = await search(prepare(str(program)), workspace, RunOptions(live=True), watch, make_model=make)
        resolved.write_text(found.text, encoding="utf-8")
        again = load_resolved(str(resolved))
        figures = await evaluate(again, workspace, RunOptions(), Watch(SilentProgress()))
        return found.text, figures, await verify(again, workspace, RunOptions())

    text, figures, verification = asyncio.run(whole())
    assert re.search(r"failed: [1-9]", text)
    assert figures.figures.failed > 0
    assert figures.asked == 0
    plain = " ".join(text.split())
    assert all(" ".join(line.split()) in plain for line in figures.lines)
    assert (verification.differing, verification.searched, verification.why_not) == ((), True, "")
    assert verification.failures is not None
    assert verification.failures.failed == figures.figures.failed
