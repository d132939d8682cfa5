"""How fast the runtime is, beside what it could be at best and beside LangGraph.

    python benchmarks/executor.py [--quick] [--json]

Every figure is a ratio or a time taken in this run, so compare figures of one run only, on an idle machine.
The last line is one JSON object; a figure that could not be taken is null, and a line above says why.
LangGraph is used if it is installed: `uv pip install -e .[bench]`.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypedDict

from graphs import SHAPES, call, chance, fn_graph, random_graph, sources_of

from tgl.ir import Candidate, KeySpec, ModelSpec, NodeRef
from tgl.models import Capabilities, ChatReply, ChatRequest, Finish, Usage
from tgl.runtime import Executor, Job, ModelBinding, RuntimeOptions
from tgl.storage import MemoryStore, ResponseStore, SqliteStore

ROOT = Path(__file__).parents[1]
Figures = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured."""

    nodes: int
    many_nodes: int
    rounds: int
    calls: int
    examples: int
    repeat_search: bool


FULL = Scale(nodes=1000, many_nodes=10_000, rounds=7, calls=100_000, examples=20, repeat_search=True)
QUICK = Scale(nodes=1000, many_nodes=10_000, rounds=3, calls=100_000, examples=4, repeat_search=True)


# Executors.


class AtOnce:
    """A back-end that answers at once, with one of a few numbers that the request decides."""

    capabilities = Capabilities(max_concurrency=None)

    def __init__(self, name: str) -> None:
        self.fingerprint = hashlib.sha256(name.encode()).hexdigest()

    async def complete(self, request: ChatRequest, *, timeout: float) -> ChatReply:
        del timeout
        text = str(int(4 * chance(request.messages[-1].content, request.seed)))
        return ChatReply(text, Finish.STOP, Usage(20, 1), 0.01)

    async def complete_many(self, request: ChatRequest, n: int, *, timeout: float) -> tuple[ChatReply, ...]:
        raise AssertionError(n)

    async def close(self) -> None:
        pass


def executor(store: ResponseStore, *, models: int = 1, concurrency: int = 32) -> Executor:
    """The real executor on models that answer at once."""
    bound: dict[str, ModelBinding] = {}
    for k in range(models):
        spec, model = ModelSpec(name=f"m{k}", provider="scripted", settings=()), AtOnce(f"m{k}")
        bound[spec.name] = ModelBinding(spec, model.fingerprint, model, concurrency)
    return Executor(bound, store, key=KeySpec(kind="number"), options=RuntimeOptions(live=True))


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """How long something takes, in a heap that holds nothing else to collect."""
    gc.collect()
    begin = clock()
    work()
    return clock() - begin


def run(one: Executor, jobs: Sequence[Job]) -> None:
    """All jobs, each of which has to end well."""

    async def all_well() -> None:
        # Not returned: `asyncio.run` of Python 3.11 makes a text of its task, results included.
        for result in await one.run_all(jobs):
            assert result.failure is None, result.detail

    asyncio.run(all_well())


# Sections. Each returns its figures, and prints what a person would like to know beside them.


def bare(scale: Scale) -> Figures:
    """Planning and running pure functions once, through `Executor.run_all`: CPU, since nothing is awaited."""

    def per_node(shape: str, count: int, rounds: int) -> float:
        graph = fn_graph(shape, count)
        found: list[float] = []
        for _ in range(rounds):
            fresh = Candidate(nodes=graph.nodes, output=graph.output)  # its digest is not known yet
            one = executor(MemoryStore())
            jobs = [Job(fresh, {"question": "q"})]
            found.append(seconds(lambda one=one, jobs=jobs: run(one, jobs), time.process_time))
        return 1e6 * min(found) / count

    small = {shape: per_node(shape, scale.nodes, scale.rounds) for shape in SHAPES}
    large = {shape: per_node(shape, scale.many_nodes, max(2, scale.rounds // 2)) for shape in SHAPES}
    for shape in SHAPES:
        both = (
            f"{small[shape]:6.1f} us a node of {scale.nodes:,}, {large[shape]:6.1f} of {scale.many_nodes:,}"
        )
        print(f"  {shape:8} {both}")
    print(f"  chain of 100,000 nodes: {per_node('chain', 100_000, 1):.1f} us a node")
    return {
        "us_per_node_bare": max(small.values()),
        "linear_ratio_10k": max(large[shape] / small[shape] for shape in SHAPES),
    }


def journal(scale: Scale) -> Figures:
    """Calls side by side on a model that answers at once, through limits, ledger and a store on disk."""
    nodes = tuple(call(f"n{k}", [], draw=k) for k in range(scale.nodes))
    graph = Candidate(nodes=nodes, output=NodeRef(id=nodes[-1].id))
    wall: list[float] = []
    cpu: list[float] = []
    for _ in range(scale.rounds):
        with tempfile.TemporaryDirectory() as folder, SqliteStore(Path(folder) / "s.sqlite") as store:
            one, begin = executor(store), time.process_time()
            wall.append(seconds(lambda one=one: run(one, [Job(graph, {"question": "q"})])))
            cpu.append(time.process_time() - begin)
    print(f"  CPU alone: {1e6 * min(cpu) / scale.nodes:.1f} us a node")
    return {"us_per_node_journal": 1e6 * min(wall) / scale.nodes}


def merged(left: dict[str, str], right: dict[str, str]) -> dict[str, str]:
    """What all nodes have said."""
    return left | right


class State(TypedDict):
    """What flows through LangGraph."""

    said: Annotated[dict[str, str], merged]


def langgraph(scale: Scale) -> Figures:
    """The layered graph of pure functions in LangGraph, compiled and invoked once."""
    try:
        from langgraph.graph import END, START, StateGraph
    except ImportError:
        print("  langgraph is not installed: uv pip install -e .[bench]")
        return {"langgraph_us_per_node": None}
    count = scale.nodes

    def graph() -> None:
        made = StateGraph(State)
        for k in range(count):
            names = [f"n{source}" for source in sources_of("layered", k)]

            def node(
                values: dict[str, dict[str, str]], name: str = f"n{k}", names: list[str] = names
            ) -> object:
                return {"said": {name: values["said"][names[0]] if names else "q"}}

            made.add_node(f"n{k}", node)
            if names:
                made.add_edge(names, f"n{k}")
            else:
                made.add_edge(START, f"n{k}")
        made.add_edge(f"n{count - 1}", END)
        made.compile().invoke({"said": {}}, {"recursion_limit": 10 * count})

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph()  # imports
        found = min(seconds(graph, time.process_time) for _ in range(2))
    return {"langgraph_us_per_node": 1e6 * found / count}


def sharing(scale: Scale) -> Figures:
    """50 candidates of 8 nodes on the same questions: the share of calls that another candidate has made."""
    graphs = [random_graph(k) for k in range(50)]
    one = executor(MemoryStore(), models=4)
    run(one, [Job(graph, {"question": f"q{k}"}) for graph in graphs for k in range(scale.examples)])
    counts = one.counts
    print(f"  {counts.needed:,} calls needed, {counts.issued:,} issued")
    return {"calls_saved": 1 - counts.issued / counts.needed}


MEMORY = """
import sys
sys.path.insert(0, {here!r})
import executor
executor.memory_child(int(sys.argv[1]))
"""


def memory_child(calls: int) -> None:
    """Print the resident megabytes that a search of so many calls adds at most."""

    def resident() -> float:
        # Not `getrusage`: its maximum begins with that of the process which started this one.
        status = Path("/proc/self/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) / 1024

    graph = Candidate(nodes=(call("a", []), call("b", ["a"])), output=NodeRef(id="b"))
    with tempfile.TemporaryDirectory() as folder, SqliteStore(Path(folder) / "s.sqlite") as store:
        one = executor(store)
        run(one, [Job(graph, {"question": "warm"})])
        begin = resident()
        for batch in range(0, calls // 2, 500):
            run(one, [Job(graph, {"question": f"q{k}"}) for k in range(batch, min(batch + 500, calls // 2))])
        print(resident() - begin)


def memory(scale: Scale) -> Figures:
    """Megabytes that a search adds, in a process of its own."""

    def grown(calls: int) -> float:
        command = [sys.executable, "-c", MEMORY.format(here=str(Path(__file__).parent)), str(calls)]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    small, large = grown(scale.calls // 10), grown(scale.calls)
    print(f"  {small:.0f} MB after {scale.calls // 10:,} calls, {large:.0f} MB after {scale.calls:,}")
    return {"memory_mb_100k_calls": large}


def unchanged(scale: Scale) -> Figures:
    """The quickstart's search, a second time; start-up is `tglc check` of it."""
    tglc = shutil.which("tglc", path=str(Path(sys.executable).parent)) or "tglc"
    with tempfile.TemporaryDirectory() as folder:
        for file in (ROOT / "examples").glob("qui*"):
            shutil.copy(file, folder)

        def command(*words: str) -> str:
            done = subprocess.run([tglc, *words], cwd=folder, check=True, capture_output=True, text=True)
            return done.stdout + done.stderr

        start_up = min(seconds(lambda: command("check", "quickstart.tgl")) for _ in range(3))
        searched = seconds(lambda: command("optimize", "quickstart.tgl"))
        took = min(seconds(lambda: command("optimize", "quickstart.tgl")) for _ in range(3))
        asked = re.findall(r"issued (\d+)", command("optimize", "quickstart.tgl"))
    print(f"  {took:.2f} s, {start_up:.2f} s of it start-up; searching again {searched:.2f} s")
    return {
        "unchanged_search_calls": max(map(int, asked)),
        "unchanged_search_s_above_startup": took - start_up,
    }


def makespan(scale: Scale) -> Figures:
    """Makespan over HTTP ÷ max(critical path, work ÷ concurrency) (makespan.py)."""
    from makespan import CONCURRENCY, makespan_ratio

    ratio, found = makespan_ratio(quick=scale is QUICK)
    least = f"work ÷ {CONCURRENCY} {found['work'] / CONCURRENCY:.1f} s"
    path = f"critical path {found['critical_path']:.1f} s"
    print(f"  {found['calls']:,} calls in {found['took']:.1f} s; {least}, {path}")
    return {"makespan_ratio": ratio}


def client(scale: Scale) -> Figures:
    """CPU of a call through our client ÷ the typed call over a null transport (client_cpu.py)."""
    from client_cpu import client_cpu_ratio

    found = client_cpu_ratio(scale is QUICK)
    typed = f"{found['typed_null_cpu_ms']:.2f} ms"
    print(f"  {found['client_cpu_ms']:.2f} ms a call; the typed call over nothing {typed}")
    return {"client_cpu_ratio": found["client_cpu_ratio"]}


SECTIONS: dict[str, Callable[[Scale], Figures]] = {
    "pure functions": bare,
    "calls, with journal and limits": journal,
    "LangGraph": langgraph,
    "sharing": sharing,
    "memory": memory,
    "unchanged search": unchanged,
    "makespan": makespan,
    "client": client,
}


def main() -> None:
    """Measure all, or the sections that are named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="less of everything")
    parser.add_argument("--json", action="store_true", help="nothing but the last line")
    parser.add_argument("--only", choices=[part.__name__ for part in SECTIONS.values()], action="append")
    options = parser.parse_args()
    table = sys.stdout
    if options.json:
        sys.stdout = sys.stderr
    figures: Figures = {}
    for title, section in SECTIONS.items():
        if options.only is None or section.__name__ in options.only:
            print(title)
            found = section(QUICK if options.quick else FULL)
            for name, value in found.items():
                print(f"  {name} {'not measured' if value is None else f'{value:.4g}'}")
            figures |= found
    print(json.dumps(figures), file=table)


if __name__ == "__main__":
    main()
