"""How fast the compiler is, beside a bare parse by Lark and beside the imports that nobody can do without.

    python benchmarks/compile.py [--quick] [--json]

Every figure is taken in this run, the best of several: compare figures of one run only, on an idle machine.
The last line is one JSON object:

    parse_ratio            parse + check + lower, by a bare Lark parse of the same text (at most 2.5)
    lines_per_s            lines of the longest text compiled in a second
    linear                 time for a line of the longest text by the shortest's (about 1)
    check_over_imports_ms  `tglc check` of 200 lines less importing lark and one pydantic model (at most 80)
    version_ms             `tglc --version` (at most 80)
    …_cpu_ms               the same in processor time, which other work on the machine lengthens less
    chain_nodes            nodes of the longest chain that was checked and lowered (100,000)
    chain_s                processor seconds for it
    chain_us_per_node      the same for each node
    chain_linear           that by the same of a chain of 1,000 (about 1)
"""

from __future__ import annotations

import argparse
import compileall
import gc
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from compile_programs import chain, library
from lark import Lark, Token

import tgl
from tgl.cli.main import COLLECT
from tgl.resources import grammar_text
from tgl.semantics import NO_FILES, check, lower
from tgl.syntax.grammar import scan
from tgl.syntax.lines import significant
from tgl.syntax.tables import STARTS
from tgl.text import SourceFile

IMPORTS = "import lark, pydantic\nclass Model(pydantic.BaseModel):\n    x: int\n"


class Lines:
    """Our filter of line ends, for Lark: without it no program can be parsed."""

    always_accept = ("BAD_CHAR", "BAD_NUMBER", "BAD_STRING", "_NL", "COMMENT")

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """The tokens that count."""
        return iter(significant(list(stream)))  # pyright: ignore[reportArgumentType]


def best(work: Callable[[], object], rounds: int) -> float:
    """Seconds of the fastest of several rounds."""
    times: list[float] = []
    for _ in range(rounds):
        gc.collect()
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def compiled(text: str) -> None:
    """Parse, check and lower a text, which has to be right."""
    checked = check(SourceFile("program.tgl", text), NO_FILES)
    made = lower(checked)
    if made.ir is None or checked.problems:
        raise SystemExit(f"the program of the benchmark is wrong: {made.problems or checked.problems}")


def parsing(sizes: Sequence[int], rounds: int) -> dict[str, float]:
    """The figures of texts of several lengths."""
    bare = Lark(
        grammar_text(),
        parser="lalr",
        lexer="basic",
        postlex=Lines(),  # pyright: ignore[reportArgumentType]
        propagate_positions=True,
        maybe_placeholders=True,
        start=list(STARTS),
    )
    for_line: list[float] = []
    ratios: list[float] = []
    for size in sizes:
        text = library(size)
        lines = text.count("\n")
        list(scan(text))
        lark = best(lambda text=text: bare.parse(text, start="file"), rounds)
        ours = best(lambda text=text: compiled(text), rounds)
        for_line.append(ours / lines)
        ratios.append(ours / lark)
        print(
            f"{lines} lines: Lark {lark * 1e3:.1f} ms, compiled {ours * 1e3:.1f} ms: {ours / lark:.2f} times"
        )
    return {"parse_ratio": max(ratios), "lines_per_s": 1 / for_line[-1], "linear": for_line[-1] / for_line[0]}


def chains(nodes: int) -> dict[str, float]:
    """The figures of one long chain, in processor time."""
    short = min(processor(chain(1000)) for _ in range(3)) / 1000
    long = processor(chain(nodes))
    print(f"a chain of {nodes} nodes: {long:.1f} s, {long / nodes * 1e6:.0f} us a node")
    return {
        "chain_nodes": nodes,
        "chain_s": long,
        "chain_us_per_node": long / nodes * 1e6,
        "chain_linear": long / nodes / short,
    }


def processor(text: str) -> float:
    """Processor seconds for compiling a text once."""
    gc.collect()
    start = time.process_time()
    compiled(text)
    return time.process_time() - start


def process_ms(command: Sequence[str], rounds: int) -> tuple[float, float]:
    """Milliseconds and processor milliseconds of the fastest run of a command."""
    processor: list[float] = []

    def once() -> None:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    return 1e3 * best(once, rounds), 1e3 * min(processor)


def starting(rounds: int) -> dict[str, float]:
    """The figures of whole commands."""
    tglc = [sys.executable, "-m", "tgl.cli.main"]
    # pip compiles what it installs, lark and pydantic among it, but not a checkout that it only points to
    compileall.compile_dir(Path(tgl.__file__).parent, quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "program.tgl"
        program.write_text(library(200), encoding="utf-8")
        checked = process_ms([*tglc, "check", str(program)], rounds)
    imports = process_ms([sys.executable, "-c", IMPORTS], rounds)
    version = process_ms([*tglc, "--version"], rounds)
    print(f"tglc check of 200 lines: {checked[0]:.0f} ms, processor {checked[1]:.0f} ms")
    print(f"the imports alone: {imports[0]:.0f} ms, processor {imports[1]:.0f} ms")
    return {
        "check_over_imports_ms": checked[0] - imports[0],
        "check_over_imports_cpu_ms": checked[1] - imports[1],
        "version_ms": version[0],
        "version_cpu_ms": version[1],
    }


def main() -> None:
    """Take the figures and print them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="shorter texts, fewer rounds")
    parser.add_argument("--chain", type=int, help="nodes of the chain")
    parser.add_argument("--json", action="store_true", help="print the last line alone")
    options = parser.parse_args()
    out = sys.stdout
    if options.json:
        sys.stdout = sys.stderr
    quick = options.quick
    gc.set_threshold(*COLLECT)  # as in the command
    figures = starting(5 if quick else 15)
    figures |= parsing((200, 2000) if quick else (200, 1000, 10_000), 3 if quick else 5)
    figures |= chains(options.chain or (5000 if quick else 100_000))
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}), file=out)


if __name__ == "__main__":
    main()
