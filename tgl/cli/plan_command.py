"""`tglc plan`: what is known of a program before the first call; nothing is asked of a model."""

from __future__ import annotations

import argparse
import json
import math
import sys

from pydantic import JsonValue

from tgl.cli.outcome import show
from tgl.cli.running import add_trust, run_async, workspace_of
from tgl.diagnostics import Severity
from tgl.evaluate import limit_text
from tgl.pipeline.planning import ProgramPlan, plan_program
from tgl.pipeline.session import RunOptions
from tgl.pipeline.spending import SearchEstimate
from tgl.pipeline.stop import Exit
from tgl.report import SilentProgress
from tgl.report.plan_table import bounds_json, bounds_table, count, figure, range_json
from tgl.space import Bounds, CandidateBounds, Range, RemovedOption, Size


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", metavar="FILE", help="a program")
    parser.add_argument("--graph", help="which graph, if there are several")
    parser.add_argument("--candidate", metavar="mode|SEED", help="one candidate in place of the whole space")
    parser.add_argument(
        "--exact",
        action="store_true",
        help="count the different programs to the end, of up to 1,000,000 candidates, however long it takes",
    )
    parser.add_argument("--store", help="the store of responses: a path or KIND:ADDRESS")
    parser.add_argument(
        "--no-recorded", action="store_true", help="leave out the responses that travel with the program"
    )
    add_trust(parser)
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(options: argparse.Namespace) -> int:
    """Print it; 1 if the search could not end."""
    settings = RunOptions(recorded=not options.no_recorded, trust=options.trust)
    plan = run_async(
        plan_program(
            options.file,
            workspace_of(options),
            settings,
            graph=options.graph,
            candidate=options.candidate,
            exact=options.exact,
            on_walk=counting,
        ),
        SilentProgress(),
    )
    if options.exact and sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    if options.json:
        print(json.dumps(plan_json(plan), indent=2))
    else:
        print("\n".join(plan_lines(plan)))
    show(plan.problems, as_json=False)
    failed = any(problem.severity is Severity.ERROR for problem in plan.problems)
    return Exit.FAILED if failed else Exit.DONE


def counting(done: int) -> None:
    """Show on a terminal how far a long count is."""
    if done and done % 200 == 0 and sys.stderr.isatty():
        print(f"\rcounting programs: looked at {done:,}", end="", file=sys.stderr, flush=True)


def shape(plan: ProgramPlan) -> tuple[list[tuple[str, Bounds]], Range]:
    """The declared nodes with their bounds, and the calls that wait for each other."""
    bounds = plan.bounds
    if isinstance(bounds, CandidateBounds):
        return list(bounds.groups), bounds.path.calls
    return [(node.name, node.bounds) for node in bounds.nodes], bounds.path


def plan_lines(plan: ProgramPlan) -> list[str]:
    """The plan in lines."""
    bounds = plan.bounds
    lines = [f"{plan.ir.graph.name}: {plan.of}, one question"]
    if plan.size is not None:
        programs = count(plan.size.programs)
        lines.append(f"candidates: {count(plan.size.assignments)}; different programs: {programs}")
    groups, path = shape(plan)
    lines += ["", *bounds_table(bounds.total, groups, path), ""]
    lines += notes(plan)
    for text, kept in plan.limits:
        lines.append(f"limit {text}: {'kept by construction' if kept else 'its unit is measured first'}")
    lines += [f"limit {text}: measured only, on select, and again on test" for text in measured_limits(plan)]
    lines += [removed_line(one) for one in plan.removed]
    if plan.stored is not None:
        whose = "it" if plan.size is None else "the most probable program"
        told = f"{plan.stored.answered} of the {plan.stored.known} calls of {whose} on train"
        lines.append(f"stored: {told} that wait for no reply")
    lines += search_lines(plan)
    return lines


def measured_limits(plan: ProgramPlan) -> list[str]:
    """The limits of which nothing is known before replies are measured, as written."""
    goal = plan.ir.optimize
    return [] if goal is None else [limit_text(one) for one in goal.limits if one.stat != "worst"]


def notes(plan: ProgramPlan) -> list[str]:
    """What the figures rest on."""
    bounds = plan.bounds
    lines: list[str] = []
    if isinstance(bounds, CandidateBounds):
        unbounded = tuple((node.id, node.reason) for node in bounds.nodes if node.reason)
        if bounds.path.seconds is not None and bounds.path.slowest is not None:
            lines.append(
                f"seconds: ≈ {bounds.path.seconds:.3g} at the mean service times on record, "
                f"≈ {bounds.path.slowest:.3g} at the longest"
            )
    else:
        unbounded = bounds.unbounded
        if not bounds.exact:
            lines.append(
                f"usual: the mean of {bounds.drawn} programs that were drawn "
                f"(± {2 * bounds.error:.2g} calls); least and most: bounds that no program passes"
            )
    lines += [f"no bound on {name}: {reason}" for name, reason in unbounded]
    for name, seen in plan.seen.items():
        lines.append(
            f"usual tokens of {name}: {seen.prompt:.3g} + {seen.completion:.3g}, "
            f"{seen.seconds:.2g} s a call, as in {seen.calls} recorded calls"
        )
    return lines


def removed_line(one: RemovedOption) -> str:
    """An option that is out, with the reason."""
    reason = (
        "nothing completes a program with it"
        if one.is_unreachable
        else f"the cheapest program with it has {figure(one.least)} of the limit's unit"
    )
    return f"never chosen: {one.address} = {json.dumps(one.value)}: {reason}"


def search_lines(plan: ProgramPlan) -> list[str]:
    """What the search is expected to need."""
    search = plan.search
    if search is None or not search.proposals:
        return []
    stages = ", ".join(f"{name} {calls}" for name, calls in search.stages)
    cap = "no cap" if search.most_calls is None else f"at most {search.most_calls}"
    lines = [
        f"search: {search.proposals} proposals and the most probable program, ≈ {search.distinct} different",
        f"spend: ≈ {search.calls} calls, {cap} (≈ {stages})",
    ]
    wanted = sum(calls for _, calls in search.stages)
    if wanted > search.calls:
        lines.append(
            f"these stages come to ≈ {wanted} calls: with `spend calls <= {search.calls}` "
            "the search may leave candidates or comparisons out"
        )
    if search.dollars is not None and (search.dollars or search.most_dollars):
        most = "" if search.most_dollars is None else f", at most ${figure(search.most_dollars)}"
        lines.append(f"money: ≈ ${search.dollars:.3g}{most}")
        if plan.ir.optimize is not None and search.dollars > (plan.ir.optimize.spend_dollars or math.inf):
            lines.append("that is more than `spend`: the search may leave candidates or comparisons out")
    if search.seconds is not None:
        lines.append(f"time: ≈ {search.seconds:.0f} s if every call is asked")
    return lines


def plan_json(plan: ProgramPlan) -> dict[str, JsonValue]:
    """The plan as JSON values."""
    bounds = plan.bounds
    groups, path = shape(plan)
    found: dict[str, JsonValue] = {
        "graph": plan.ir.graph.name,
        "of": plan.of,
        "candidates": None if plan.size is None else size_json(plan.size.assignments),
        "programs": None if plan.size is None else size_json(plan.size.programs),
        "exact": isinstance(bounds, CandidateBounds) or bounds.exact,
        "total": bounds_json(bounds.total),
        "calls_in_a_row": range_json(path),
        "nodes": {name: bounds_json(one) for name, one in groups},
        "limits": [{"limit": text, "known": kept} for text, kept in plan.limits],
        "measured_limits": list(measured_limits(plan)),
        "removed": [
            {"choice": one.address, "value": one.value, "least": None if math.isinf(one.least) else one.least}
            for one in plan.removed
        ],
        "stored": None
        if plan.stored is None
        else {"answered": plan.stored.answered, "known": plan.stored.known},
        "problems": [problem.code for problem in plan.problems],
    }
    if isinstance(bounds, CandidateBounds):
        found["seconds"] = bounds.path.seconds
    if plan.search is not None:
        found["search"] = search_json(plan.search)
    return found


def size_json(size: Size) -> JsonValue:
    """A count as JSON."""
    return {"value": size.value, "low": size.low, "high": size.high, "exact": size.exact}


def search_json(search: SearchEstimate) -> dict[str, JsonValue]:
    """What a search is expected to need, as JSON."""
    return {
        "proposals": search.proposals,
        "distinct": search.distinct,
        "stages": dict(search.stages),
        "calls": search.calls,
        "most_calls": search.most_calls,
        "dollars": search.dollars,
        "most_dollars": search.most_dollars,
        "seconds": search.seconds,
    }
