"""Time that a search of layered graphs takes over HTTP, beside the least that it could take.

    python benchmarks/makespan.py [--quick]

The server is `tglc simulate --serve` in another process, with a median service time of half a second. The
least is the greater of two: the longest question's critical path, from recorded latencies, and all service
times, from the server's log, divided by the concurrency.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from graphs import layered_calls

from tgl.ir import KeySpec, ModelSpec
from tgl.models import Capabilities, OpenAICompatible
from tgl.runtime import Executor, Job, ModelBinding, RunResult, RuntimeOptions
from tgl.storage import SqliteStore

CONCURRENCY = 32
LAYERS, WIDTH = 4, 5
PROFILE = """
schema_version = 1
[profiles.half-second]
about = "answers after half a second, give or take"
latency = { base = 0.5, per_token = 0.0, sigma = 0.25 }
"""


@contextmanager
def simulated_server(folder: Path, questions: Sequence[str]) -> Iterator[str]:
    """The address of a server in another process, which logs to `folder/log.jsonl`."""
    (folder / "profile.toml").write_text(PROFILE)
    rows = [json.dumps({"question": question, "answer": str(k)}) for k, question in enumerate(questions)]
    (folder / "items.jsonl").write_text("\n".join(rows) + "\n")
    tglc = shutil.which("tglc", path=str(Path(sys.executable).parent)) or "tglc"
    command = [tglc, "simulate", "--serve", "--items", str(folder / "items.jsonl"), "--log"]
    command += [str(folder / "log.jsonl"), "--profile", f"{folder / 'profile.toml'}#half-second"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


async def searched(url: str, jobs: Sequence[Job], store: SqliteStore) -> tuple[list[RunResult], float]:
    """The results of jobs, and the seconds that they took, start and end of the store's work included."""
    spec = ModelSpec(name="m0", provider="openai", id="half-second")
    model = OpenAICompatible(spec.id, "", url, "sk-none", Capabilities(max_concurrency=CONCURRENCY))
    bound = {spec.name: ModelBinding(spec, model.fingerprint, model, CONCURRENCY)}
    one = Executor(bound, store, key=KeySpec(kind="number"), options=RuntimeOptions(live=True))
    begin = time.perf_counter()
    results = await one.run_all(jobs)
    took = time.perf_counter() - begin
    await model.close()
    return results, took


def makespan(calls: int) -> dict[str, float]:
    """Seconds that `calls` calls took, and the two bounds on them."""
    graph = layered_calls(LAYERS, WIDTH)
    questions = [f"What is {k} plus {k}?" for k in range(calls // len(graph.calls))]
    jobs = [Job(graph, {"question": question}) for question in questions]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with simulated_server(folder, questions) as url, SqliteStore(folder / "s.sqlite") as store:
            results, took = asyncio.run(searched(url, jobs, store))
        served = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    work = sum(entry["latency"] for entry in served)
    path = max(result.latency for result in results)
    assert len(served) == sum(len(result.calls) for result in results)
    return {"took": took, "critical_path": path, "work": work, "calls": len(served)}


def makespan_ratio(*, quick: bool) -> tuple[float, dict[str, float]]:
    """Makespan ÷ max(critical path, work ÷ concurrency), and what it is made of."""
    found = makespan(1000 if quick else 2000)
    return found["took"] / max(found["critical_path"], found["work"] / CONCURRENCY), found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="1,000 calls in place of 2,000")
    ratio, parts = makespan_ratio(quick=parser.parse_args().quick)
    print(json.dumps({"makespan_ratio": ratio, **parts}))
