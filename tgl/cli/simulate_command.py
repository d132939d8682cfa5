"""`tglc simulate`: a program with simulated models, a server of them, and their fit to recorded responses."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
from pathlib import Path

from tgl.cli.found import outcome_json
from tgl.cli.outcome import label, show
from tgl.cli.running import add_trust, positive, progress_of, run_async
from tgl.models.simulated.faults import FaultPlan, ServerFault, parse_fault
from tgl.models.simulated.server import Log, SimulatedServer, silent
from tgl.pipeline.fronts import refuse_to_lose_front, write_front
from tgl.pipeline.home import is_front
from tgl.pipeline.outputs import refuse_place, refuse_to_lose
from tgl.pipeline.searching import SearchOutcome
from tgl.pipeline.simulated_fit import Fitted, fitted, profiles_text
from tgl.pipeline.simulating import Stand, served, simulate
from tgl.pipeline.sources import write_file
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.trouble import placeless
from tgl.pipeline.watch import Watch
from tgl.pipeline.workspace import find_workspace
from tgl.report import decided, front_table, search_table
from tgl.version import VERSION


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", metavar="FILE", nargs="?", help="a program")
    parser.add_argument("--graph", help="which graph, if several have an `optimize` block")
    parser.add_argument(
        "--profile",
        help="a shipped profile for all models, or FILE.toml with one for each by name; "
        "by default the shipped one of each model's `params`",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write the resolved program, or the fitted profiles"
    )
    parser.add_argument("--force", action="store_true", help="overwrite a result that was edited by hand")
    add_trust(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    fitting = parser.add_argument_group("fit profiles to recorded responses")
    fitting.add_argument(
        "--fit", action="store_true", help="fit profiles to what the program's models replied"
    )
    fitting.add_argument("--store", help="the store of responses: a path, or KIND:ADDRESS")
    serving = parser.add_argument_group("serve simulated models over HTTP (OpenAI's chat API)")
    serving.add_argument(
        "--serve", action="store_true", help="serve until Ctrl-C; the first line is the address"
    )
    serving.add_argument(
        "--items", type=Path, metavar="FILE", help="the questions (JSONL), without a program"
    )
    serving.add_argument("--host", default="127.0.0.1", help="by default loopback: 127.0.0.1")
    serving.add_argument("--port", type=port, default=0, help="by default any free one")
    serving.add_argument(
        "--latency-scale", type=scale, default=1.0, metavar="S", help="seconds waited for a simulated second"
    )
    serving.add_argument(
        "--fault",
        type=fault,
        action="append",
        default=[],
        metavar="KIND:RATE",
        help=f"answer a share of requests wrongly; KIND is one of {', '.join(ServerFault)}",
    )
    serving.add_argument("--fault-seed", type=int, default=0, metavar="N", help="which requests those are")
    serving.add_argument(
        "--retry-after", type=scale, default=1.0, metavar="S", help="what 429 and 503 ask to wait"
    )
    serving.add_argument("--log", type=Path, metavar="FILE", help="append a line of JSON for each request")


def port(text: str) -> int:
    """0 to 65535."""
    number = 0 if text == "0" else positive(text)
    if number > 65535:
        raise argparse.ArgumentTypeError("a port is at most 65535")
    return number


def scale(text: str) -> float:
    """A finite number, at least 0."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError("write a number, at least 0")
    return number


def fault(text: str) -> tuple[ServerFault, float]:
    """`KIND:RATE`."""
    try:
        return parse_fault(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def usage(message: str, help: str) -> Stop:
    """The command was used wrongly."""
    return Stop(Exit.USAGE, placeless("R0305", message, help=help))


def run(options: argparse.Namespace) -> int:
    """Serve, fit, or search."""
    if options.serve and options.fit:
        raise usage("--serve and --fit are two commands", "run one after the other")
    if options.serve:
        return serve(options)
    if options.file is None:
        raise usage("no program is named", "tglc simulate FILE.tgl, or --serve with --profile and --items")
    return fit(options) if options.fit else plan(options)


def plan(options: argparse.Namespace) -> int:
    """Search the program on simulated models and show what came of it."""
    if options.output is not None and not is_front(options.output):
        refuse_to_lose(options.output, options.file, force=options.force)
    progress = progress_of(options)
    workspace = find_workspace(Path(options.file), os.environ)
    outcome, made, stands = run_async(
        simulate(
            options.file,
            workspace,
            Watch(progress),
            graph=options.graph,
            profile=options.profile,
            trust=options.trust,
        ),
        progress,
    )
    if options.output is not None and outcome.front is not None:
        refuse_to_lose_front(options.output, force=options.force)
        write_front(options.output, outcome.files)
    elif options.output is not None:
        refuse_to_lose(options.output, options.file, force=options.force)
        write_file(options.output, outcome.text)
    if options.json:
        print(json.dumps(plan_json(outcome, stands), indent=2))
        return Exit.DONE
    show(outcome.warnings, as_json=False)
    label(made.ir)
    print(plan_text(outcome, stands, f"{Path(options.file).name} (simulated)"), end="")
    if options.output is not None:
        print(f"written to {options.output}")
    return Exit.DONE


def plan_text(outcome: SearchOutcome, stands: tuple[Stand, ...], title: str) -> str:
    """What stood for which model, the table, and what was decided."""
    lines = [
        f"  {one.model}: {one.profile}{'' if one.declared else ', by its size or --profile'}\n"
        for one in stands
    ]
    if outcome.front is not None:
        told = decided([(point.name, point.decisions) for point in outcome.points])
        return "".join(
            [*lines, "\n", front_table(outcome.front, title=title), *(f"{line}\n" for line in told)]
        )
    lines += ["\n", search_table(outcome.report, title=title), "decided:\n"]
    width = max(len(address) for address, _ in outcome.decisions)
    return "".join(
        [*lines, *(f"  {address.ljust(width)}  {value}\n" for address, value in outcome.decisions)]
    )


def plan_json(outcome: SearchOutcome, stands: tuple[Stand, ...]) -> dict[str, object]:
    """The same as JSON values."""
    return {
        "simulated": True,
        "profiles": {one.model: one.profile for one in stands},
        **outcome_json(outcome),
    }


def serve(options: argparse.Namespace) -> int:
    """Serve until interrupted."""
    if options.file is None and (options.profile is None or options.items is None):
        raise usage("nothing is named to serve", "name a program, or --profile and --items")
    if sum(rate for _, rate in options.fault) > 1:
        raise usage("the rates of --fault sum to more than 1", "lower them")
    models = served(options.file, options.profile, options.items, options.graph)
    if options.log is not None:
        refuse_place(options.log, "--log")
    faults = FaultPlan(tuple(options.fault), options.fault_seed, options.retry_after)
    if options.log is None:
        return asyncio.run(serving(options, SimulatedServer(models, options.latency_scale, faults, silent)))
    with options.log.open("a", encoding="utf-8", buffering=1) as file:
        log: Log = lambda entry: void(file.write(entry.line()))  # noqa: E731
        return asyncio.run(serving(options, SimulatedServer(models, options.latency_scale, faults, log)))


def void(_: object) -> None:
    """Nothing."""


async def serving(options: argparse.Namespace, server: SimulatedServer) -> int:
    """Serve until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        address = await server.start(options.host, options.port)
    except OSError as error:
        raise Stop(
            Exit.OUTSIDE,
            placeless(
                "R0305",
                f"{options.host}:{options.port} can't be served: {error.strerror or error}",
                help="choose another --host or --port",
            ),
        ) from None
    print(address, flush=True)
    print(f"simulated models: {', '.join(server.models)}; Ctrl-C stops", flush=True)
    try:
        await stop.wait()
    finally:
        await server.close()
    return Exit.DONE


def fit(options: argparse.Namespace) -> int:
    """Fit profiles, tell how well they fit, and write them."""
    if options.output is None:
        raise usage("--fit writes profiles", "name a file: -o profiles.toml")
    refuse_place(options.output, "--output")
    progress = progress_of(options)
    workspace = find_workspace(Path(options.file), os.environ, store=options.store)
    found = run_async(
        fitted(options.file, workspace, Watch(progress), graph=options.graph, trust=options.trust), progress
    )
    about = (
        f"Profiles of simulated models, fitted to {found.responses} responses to {Path(options.file).name} "
        f"by tglc {VERSION}.\n"
        "A simulation is no measurement: docs/simulation.md tells what it leaves out."
    )
    write_file(options.output, profiles_text(found.fit.file, about))
    if options.json:
        print(json.dumps(fit_json(found, options.output), indent=2))
    else:
        print("\n".join(fit_lines(found, options.output)))
    return Exit.DONE


def fit_lines(found: Fitted, output: Path) -> list[str]:
    """How good the fit is."""
    made = found.fit
    lines = [
        f"fitted to {found.responses} responses about {made.questions} questions"
        + ("" if found.whole else " (those up to the first that is not stored)")
    ]
    lines += [
        f"  {one.model}: {100 * one.observed:.1f} % [{100 * one.low:.1f}, {100 * one.high:.1f}] observed, "
        f"{100 * one.expected:.1f} % fitted, n {one.n}"
        for one in made.models
    ]
    low, high = made.gain[1:]
    lines += [
        f"held out: log-loss {made.log_loss:.4f} against {made.base_loss:.4f} of the base rate, "
        f"better by {made.gain[0]:.4f} [{low:.4f}, {high:.4f}] nats, n {made.held_out} cells",
        f"deviation of difficulty {made.spread:g} logits; draws from {made.pairs} cells, prompts from "
        f"{made.prompt_pairs} pairs, wrong answers from {made.wrong_pairs} pairs of models",
        f"written to {output}; try: tglc simulate FILE.tgl --profile {output}",
    ]
    return lines


def fit_json(found: Fitted, output: Path) -> dict[str, object]:
    """The same as JSON values."""
    made = found.fit
    return {
        "simulated": True,
        "output": str(output),
        "responses": found.responses,
        "replay_complete": found.whole,
        "questions": made.questions,
        "models": {
            one.model: {
                "n": one.n,
                "observed": one.observed,
                "interval": [one.low, one.high],
                "fitted": one.expected,
            }
            for one in made.models
        },
        "held_out": {
            "cells": made.held_out,
            "log_loss": made.log_loss,
            "base_log_loss": made.base_loss,
            "gain": made.gain[0],
            "interval": list(made.gain[1:]),
        },
        "spread": made.spread,
        "pairs": {"draws": made.pairs, "prompts": made.prompt_pairs, "wrong": made.wrong_pairs},
    }
