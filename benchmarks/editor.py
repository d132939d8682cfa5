"""From a keystroke to its diagnostics, in the language server as an editor has it: behind two pipes.

    python benchmarks/editor.py [--quick] [--json]

A program of 1,000 lines is opened and typed into at several places, each keystroke as soon as the diagnostics
of the one before are there. `keystroke_ms_1000_lines` is the median; `check_ms_1000_lines`, measured in this
process, is what a whole check of the same text takes. `memory_mb_after_edits` is the server's memory after
2,000 edits (300 with --quick), each followed by what VS Code then asks for; `memory_mb_half_way` after half.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import tempfile
import time
from pathlib import Path

from tgl.ide import whole
from tgl.semantics import NO_FILES
from tgl.text import SourceFile

HEAD = """\
use std.roles { assistant, fuser }
use std.reduce { majority }

model smol { provider local; weights "smollm2-135m-instruct"; params 135M }
model gemma { provider local; weights "gemma-3-270m"; params 270M }
pool small = [smol, gemma]
"""
PART = """
## Panel %d.
role writer%d(question, drafts: list?) -> answer {
  prompt "Answer {{ question }} with {{ drafts }}."
}

graph solve%d(question) {
  node worker[~1..3] : ~{assistant: 0.7, writer%d: 0.3} on ~small
  node final : majority

  edge worker[i] -> worker[j] if i < j and ~0.3
  edge worker -> final
  output final
}
"""
# What is typed, and behind what: in the middle of the file, or where everything else looks up to.
TYPED = {
    "node": ("node final : majority\n", "  node extra : assistant(drafts: worker) on gemma\n"),
    "edge": ("edge worker -> final\n", "  edge worker[1] -> final\n"),
    "prompt": ("with {{ drafts }}", " and think of {{ question }} again"),
    "comment": ("## Panel 30.", " A few words about it."),
    "pool": ("pool small = [smol", ", gemma"),
    "model": ("params 135M", "; concurrency 4"),
}


def program(lines: int) -> str:
    parts = HEAD
    k = 0
    while parts.count("\n") < lines:
        k += 1
        parts += PART.replace("%d", str(k))
    return "\n".join(parts.split("\n")[: parts.count("\n")]) + "\n"


def client_class():  # the tests' client of the protocol
    path = Path(__file__).parents[1] / "tests" / "lsp" / "client.py"
    spec = importlib.util.spec_from_file_location("lsp_client", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Client


def keystrokes(client, uri: str, text: str, behind: str, typed: str) -> list[float]:
    """Seconds from each keystroke to its diagnostics."""
    at = text.find(behind, len(text) // 2)
    at = (text.index(behind) if at < 0 else at) + len(behind)
    times = []
    for end in range(1, len(typed) + 1):
        start = time.perf_counter()
        client.change(uri, text[:at] + typed[:end] + text[at:])
        client.diagnostics(uri)
        times.append(time.perf_counter() - start)
    client.change(uri, text)
    client.diagnostics(uri)
    return times


def resident_mb(pid: int) -> float:
    """The memory of a process, on Linux."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def memory(client, uri: str, text: str, edits: int) -> dict[str, float]:
    """The server's memory before, half-way and after as many edits as are asked for."""
    at = text.find("with {{ drafts }}", len(text) // 2) + len("with {{ drafts }}")
    screen = {"start": {"line": 0, "character": 0}, "end": {"line": 60, "character": 0}}
    found = {"memory_mb_before": resident_mb(client.process.pid)}
    for edit in range(1, edits + 1):
        typed = "".join("abcdefgh "[k % 9] for k in range(edit % 400))
        client.change(uri, text[:at] + " " + typed + text[at:])
        client.diagnostics(uri)
        client.ask("textDocument/documentSymbol", textDocument={"uri": uri})
        client.ask("textDocument/inlayHint", textDocument={"uri": uri}, range=screen)
        client.kept.clear()
        if edit == edits // 2:
            found["memory_mb_half_way"] = resident_mb(client.process.pid)
    return {**found, "memory_mb_after_edits": resident_mb(client.process.pid)}


def measure(quick: bool) -> dict[str, float]:
    text = program(1000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.tgl"
        path.write_text(text, encoding="utf-8")
        client = client_class()(Path(folder))
        uri = client.open(path)
        client.diagnostics(uri)
        by_place = {
            name: [t for _ in range(1 if quick else 3) for t in keystrokes(client, uri, text, *place)]
            for name, place in TYPED.items()
        }
        in_memory = {}
        if Path("/proc/self/status").exists():
            in_memory = memory(client, uri, text, 300 if quick else 2000)
        client.close()
    checks = []
    for _ in range(2 if quick else 5):
        start = time.perf_counter()
        whole(SourceFile(str(path), text), NO_FILES)
        checks.append(time.perf_counter() - start)
    every = sorted(t for times in by_place.values() for t in times)
    figures = {
        "lines": text.count("\n"),
        "keystrokes": len(every),
        "keystroke_ms_1000_lines": 1e3 * statistics.median(every),
        "keystroke_p95_ms_1000_lines": 1e3 * every[int(0.95 * len(every))],
        "check_ms_1000_lines": 1e3 * min(checks),
    }
    figures |= in_memory
    for name, times in by_place.items():
        figures[f"keystroke_ms_{name}"] = 1e3 * statistics.median(times)
    return {name: round(value, 1) for name, value in figures.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="each place once")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    figures = measure(options.quick)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:32} {value}")


if __name__ == "__main__":
    main()
