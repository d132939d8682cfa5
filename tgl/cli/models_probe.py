"""`tglc models probe`: what the models of a program really do, as a table."""

from __future__ import annotations

import argparse
import json
import sys

from tgl.cli.running import run_async, workspace_of
from tgl.diagnostics import render_text
from tgl.models import Probed
from tgl.pipeline.model_probes import probe_program_models
from tgl.pipeline.probing import ModelProbe
from tgl.pipeline.stop import Exit
from tgl.pipeline.trouble import model_stop
from tgl.report import SilentProgress

HEADS = ("chat", "seed", "several", "logprobs", "opening", "schema", "embed")


def probe_program(options: argparse.Namespace) -> int:
    """Probe and print; 3 if a model could not be asked."""
    work = probe_program_models(options.file, options.model, workspace_of(options), graph=options.graph)
    probes = run_async(work, SilentProgress())
    if options.json:
        print(json.dumps({"models": [as_json(one) for one in probes]}))
    else:
        print_table(probes)
    return Exit.OUTSIDE if any(one.error for one in probes) else Exit.DONE


def as_json(one: ModelProbe) -> dict[str, object]:
    """One model's answers."""
    told: dict[str, object] = {
        "name": one.name,
        "provider": one.provider,
        "asked": one.asked,
        "error": None if one.error is None else one.error.message,
    }
    if one.found is None:
        return told
    found = one.found.model_dump(by_alias=True, exclude={"version"})
    return told | found


def print_table(probes: list[ModelProbe]) -> None:
    """A line a model."""
    width = max(len(one.name) for one in probes)
    print("  ".join([" " * width, *HEADS]).rstrip())
    for one in probes:
        cells = ["no answer"] if one.found is None else cells_of(one.found)
        line = [f"{cell:{len(head)}}" for cell, head in zip(cells, HEADS, strict=False)]
        print("  ".join([f"{one.name:{width}}", *line, "" if one.asked else "(known, not asked)"]).rstrip())
    for one in probes:
        if one.error is not None:
            for problem in model_stop(one.error).diagnostics:
                print(render_text(problem), file=sys.stderr)


def cells_of(found: Probed) -> list[str]:
    """The answers in a word each; `several` is how many replies one request may ask for."""
    words = {True: "yes", False: "no", None: "?"}
    several = str(found.max_n) if found.max_n > 1 else "no"
    told = (found.logprobs, found.opening, found.schema_, found.embed)
    return [words[found.chat], words[found.seed], several, *(words[one] for one in told)]
