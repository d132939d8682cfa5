"""A whole search on the deterministic fake, in this process: `crash_run.py FOLDER OUTPUT KILL_AFTER RESUME`.

Kills itself (SIGKILL) when KILL_AFTER requests have come; 0 never does.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import signal
import sys
from pathlib import Path

from tgl.ir import ModelSpec
from tgl.models import ChatModel, ChatRequest, ScriptedModel
from tgl.pipeline.searching import prepare, search
from tgl.pipeline.session import RunOptions
from tgl.pipeline.watch import Watch
from tgl.pipeline.workspace import find_workspace
from tgl.report import SilentProgress


class Fake:
    """Makes adding models, and counts what they are asked."""

    def __init__(self, kill_after: int) -> None:
        self.kill_after = kill_after
        self.asked = 0

    def make(self, spec: ModelSpec) -> ChatModel:
        skill = 0.6 if spec.name == "tiny" else 0.8

        def reply(request: ChatRequest) -> str:
            self.asked += 1
            if self.asked == self.kill_after:
                os.kill(os.getpid(), signal.SIGKILL)
            found = re.search(r"What is (\d+) \+ (\d+)", request.messages[-1].content)
            if found is None or "Score" in request.messages[-1].content:
                return "Score: 5"
            seed = request.seed if request.decoding.temperature else 0
            luck = int(hashlib.sha256(f"{spec.name} {found[0]} {seed}".encode()).hexdigest()[:8], 16) / 2**32
            return str(int(found[1]) + int(found[2]) + (0 if luck < skill else 1))

        return ScriptedModel(spec.name, reply, latency=0.25 if spec.name == "big" else 0.125)


class FastLoop(asyncio.SelectorEventLoop):
    """Virtual time: when all wait, time jumps to the next timer."""

    offset = 0.0

    def time(self) -> float:
        return super().time() + self.offset

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:
            self.offset += max(0.0, self._scheduled[0].when() - self.time())
        super()._run_once()


def main() -> None:
    folder, output, kill_after = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    os.chdir(folder)
    plan = prepare("adds.tgl")
    workspace = find_workspace(folder / "adds.tgl", os.environ)
    models = Fake(kill_after)
    resume = sys.argv[4] == "resume"
    with asyncio.Runner(loop_factory=FastLoop) as runner:
        outcome = runner.run(
            search(
                plan,
                workspace,
                RunOptions(live=True),
                Watch(SilentProgress()),
                resume=resume,
                make_model=models.make,
            )
        )
    Path(output).write_text("".join(point.text for point in outcome.points), encoding="utf-8")
    print(models.asked)


if __name__ == "__main__":
    main()
