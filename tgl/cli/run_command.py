"""`tglc run`: one input through a resolved program."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from tgl.cli.outcome import label
from tgl.cli.running import add_run_options, progress_of, run_async, run_options, workspace_of
from tgl.keys import Answer
from tgl.pipeline.resolved import load_resolved
from tgl.pipeline.running import RunOutcome, fields_of, named_fields, run_once
from tgl.pipeline.stop import Exit
from tgl.pipeline.watch import Watch
from tgl.runtime import RunStatus
from tgl.stdfn import Message, text_of


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", metavar="FILE", help="a resolved program")
    parser.add_argument("--graph", help="which graph, if there are several")
    parser.add_argument(
        "--input",
        action="append",
        help="a JSON object of the given fields, plain text for a single one, or FIELD=VALUE, once for each "
        "(a list as JSON); default: stdin",
    )
    parser.add_argument("--trace", action="store_true", help="show what each node said")
    add_run_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print the answer; 1 if there is none."""
    program = load_resolved(options.file, graph=options.graph)
    texts: list[str] = options.input or []
    text = named_fields(program, texts) if texts else None
    if text is None and texts:
        text = texts[0] if len(texts) == 1 else ""  # several that name no field are no input
    if text is None:
        text = sys.stdin.buffer.read().decode("utf-8", errors="surrogateescape")
    fields = fields_of(program, text)
    progress = progress_of(options)
    outcome = run_async(
        run_once(program, fields, workspace_of(options), run_options(options), Watch(progress)), progress
    )
    if options.json:
        shown = {"simulated": bool(program.ir.simulated_models), **as_json(outcome)}
        print(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        label(program.ir, result_only=True)
        tell(outcome, trace=options.trace)
    return Exit.DONE if outcome.result.status is RunStatus.OK else Exit.FAILED


def tell(outcome: RunOutcome, *, trace: bool) -> None:
    """The answer on standard output, everything else on standard error."""
    result = outcome.result
    if trace:
        for node, message in result.trace:
            print(f"{node}: {'(did not run)' if message is None else told(message)}", file=sys.stderr)
    for node, more in result.cuts:
        print(f"{node}: the list is longer than its bound; {more} more were left out", file=sys.stderr)
    for fallback in result.fallbacks:
        print(f"{fallback.node}: left out, its call failed ({fallback.failure})", file=sys.stderr)
    for name, fault in sorted(outcome.faults.items()):
        charged = f", {fault.unknown} of them maybe charged" if fault.unknown else ""
        print(f"broken attempts ({name}): {fault.attempts}{charged}", file=sys.stderr)
    match result.status:
        case RunStatus.OK:
            print(result.text if result.answer is None else result.answer.text)
        case RunStatus.NO_ANSWER:
            unread = [node for node, message in result.trace if message is not None and message.value is None]
            said = "nothing reached the output"
            if result.text:
                said = f"the program said {result.text!r}"
            elif unread:
                said = f"what {' and '.join(unread[:3])} said is not in the form that is asked for"
            print(f"no answer: {said}" + ("" if trace else "; --trace shows each node"), file=sys.stderr)
        case RunStatus.FAILED | RunStatus.DROPPED:
            print(f"failed ({result.failure}): {result.detail}", file=sys.stderr)


def told(message: Message) -> str:
    """What a node said, and how it was read where that is not the same."""
    if message.value is None:
        return f"{message.text}  (unread: it is not in the form that is asked for)"
    read = reading(message)
    return message.text if read == message.text.strip() else f"{message.text}  (read: {read})"


def reading(message: Message) -> str | None:
    """What was read of a node's text, as text; None: nothing."""
    match message.value:
        case None:
            return None
        case Answer(text=text):
            return text
        case tuple():
            return message.text.strip()
        case value:
            return text_of(value)


def as_json(outcome: RunOutcome) -> dict[str, object]:
    """The whole run as JSON values."""
    result = outcome.result
    return {
        "status": result.status.value,
        "answer": None if result.answer is None else result.answer.text,
        "text": result.text,
        "failure": result.failure,
        "detail": result.detail,
        "latency": result.latency,
        "calls": [
            {
                "node": use.node,
                "model": use.model,
                "prompt_tokens": use.prompt_tokens,
                "completion_tokens": use.completion_tokens,
                "latency": use.latency,
            }
            for use in result.calls
        ],
        "trace": {node: None if message is None else message.text for node, message in result.trace},
        "read": {node: None if message is None else reading(message) for node, message in result.trace},
        "cuts": dict(result.cuts),
        "fallbacks": [{"node": fallback.node, "failure": fallback.failure} for fallback in result.fallbacks],
        "unneeded": result.saved,
        "asked": outcome.asked,
        "calls_made": asdict(outcome.counts),
        "broken_attempts": {name: asdict(fault) for name, fault in sorted(outcome.faults.items())},
    }
