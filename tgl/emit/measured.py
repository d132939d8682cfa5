"""The `measured` block: what a resolved program was seen to do, beside the program that did it.

Nothing in it tells when, where or on which machine it was made, so that a search that is repeated from the
same responses writes the same characters.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from tgl.emit.figures import amount_text, proportion_text
from tgl.ir import ACCURACY, MetricSpec, UnitSpec
from tgl.syntax import ast, format_source, parse, print_module, quoted
from tgl.text import Edit, SourceFile, apply_edits
from tgl.version import VERSION


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval, low <= high, in the unit of its figure."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class BaselineFigures:
    """A simpler program measured on the same examples.

    `accuracy` in [0, 1]; `cost` is the mean of a question in the block's unit; `difference` is the accuracy
    of the program minus this one's, paired by example, with its interval `ci`. `best` marks the one that
    counts. `others` are its figures by the task's other metrics.
    """

    name: str
    accuracy: float
    cost: float
    difference: float
    ci: Interval
    best: bool = False
    others: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Hashes:
    """Sha-256 of the program without the block, of its transitive imports, of the data, of the responses.

    The last is over the exact identities that were used.
    """

    program: str
    imports: str
    data: str
    responses: str


@dataclass(frozen=True, slots=True)
class MeasuredFigures:
    """What a program was seen to do on n questions (semantics.md 8).

    `accuracy` is the figure of `metric`; costs are of one question, in `unit`, one of which is `unit_tokens`
    tokens of the unit's model (None for other units); latencies are in seconds. `failed` counts the examples
    of the `n` that no answer was made for. `others` are the figures of the task's other metrics, each with
    its interval. `simulated` tells that models were statistical models, not real
    ones.
    `deploy` is how many calls of one question run at a time in the latencies.
    """

    n: int
    accuracy: float
    accuracy_ci: Interval
    failed: int
    unit: UnitSpec
    unit_tokens: float | None
    cost: float
    cost_ci: Interval
    cost_max: float
    latency_p50: float
    latency_p95: float
    simulated: bool = False
    deploy: int | None = None
    metric: MetricSpec = ACCURACY
    others: tuple[tuple[MetricSpec, float, Interval], ...] = ()


@dataclass(frozen=True, slots=True)
class MeasuredBlock:
    """Figures of a program on the test split (semantics.md 7 and 8).

    `method` is as in the `optimize` block, without its seed; `spend` is what the search spent, in calls;
    `draws` is the salt of the measurement.
    """

    graph: str
    task: str
    figures: MeasuredFigures
    method: str
    method_args: tuple[tuple[str, int | float | str], ...]
    seed: int
    spend: int
    candidates: int
    baselines: tuple[BaselineFigures, ...]
    hashes: Hashes
    draws: str


def figure_lines(figures: MeasuredFigures) -> tuple[str, ...]:
    """The settings `accuracy` (or another metric), `cost` and `latency` of a block, one a line, not aligned.

    Figures of simulated models begin with `simulated yes`.
    """
    unit, metric = figures.unit, figures.metric
    return (
        *(("simulated yes",) if figures.simulated else ()),
        f"{metric.name} {score_text(figures.accuracy, metric)}, ci: {scores(figures.accuracy_ci, metric)}, "
        f"n: {figures.n}"
        + (f", k: {metric.k}, of: {metric.draws}" if metric.kind == "pass" else "")
        + (f", weight: {metric.weight}" if metric.weight is not None else "")
        + (f", failed: {figures.failed}" if figures.failed else ""),
        *(
            f"{one.name} {score_text(value, one)}, ci: {scores(ci, one)}, n: {figures.n}"
            + (f", weight: {one.weight}" if one.weight is not None else "")
            for one, value, ci in figures.others
        ),
        f"cost {cost_text(figures.cost, unit)}, ci: {costs(figures.cost_ci, unit)}, "
        f"max: {cost_text(figures.cost_max, unit)}, unit: {unit.model if unit.kind == 'model' else unit.kind}"
        + (f", unit_tokens: {figures.unit_tokens:.6g}" if figures.unit_tokens is not None else ""),
        f"latency p50: {amount_text(figures.latency_p50)}s, p95: {amount_text(figures.latency_p95)}s"
        + (f", concurrency: {figures.deploy}" if figures.deploy is not None else ""),
    )


def hashes_line(hashes: Hashes) -> str:
    """The setting `hashes` of a block."""
    return (
        f"hashes program: {quoted(hashes.program)}, imports: {quoted(hashes.imports)}, "
        f"data: {quoted(hashes.data)}, responses: {quoted(hashes.responses)}"
    )


def measured_text(block: MeasuredBlock, *, version: str = VERSION) -> str:
    """The block as text, formatted, with a line end."""
    lines = [
        *figure_lines(block.figures),
        f"method {method_text(block)}, seed: {block.seed}",
        f"search calls: {block.spend}, candidates: {block.candidates}, draws: {quoted(block.draws)}",
        *(baseline_text(baseline, block.figures) for baseline in block.baselines),
        hashes_line(block.hashes),
    ]
    head = (
        f"measured {block.graph} on {block.task} {{  # written by tglc {version}; `tglc verify` re-checks it"
    )
    return formatted("\n".join([head, *(f"  {line}" for line in lines), "}", ""]))


def baseline_text(baseline: BaselineFigures, figures: MeasuredFigures) -> str:
    unit, metric = figures.unit, figures.metric
    more = "".join(
        f"{one.name}: {score_text(value, one)}, "
        for (one, _, _), value in zip(figures.others, baseline.others, strict=True)
    )
    return (
        f"{'best_baseline' if baseline.best else 'baseline'} {quoted(baseline.name)}, "
        f"{metric.name}: {score_text(baseline.accuracy, metric)}, {more}"
        f"cost: {cost_text(baseline.cost, unit)}, "
        f"difference: {score_text(baseline.difference, metric)}, ci: {scores(baseline.ci, metric)}"
    )


def method_text(block: MeasuredBlock) -> str:
    args = ", ".join(
        f"{name}: {quoted(value) if isinstance(value, str) else repr(value)}"
        for name, value in block.method_args
    )
    return f"{block.method}({args})" if args else block.method


def score_text(value: float, metric: MetricSpec) -> str:
    """A figure of a metric, or a difference of two."""
    return proportion_text(value) if (metric.low, metric.high) == (0.0, 1.0) else amount_text(value)


def scores(interval: Interval, metric: MetricSpec) -> str:
    return f"[{score_text(interval.low, metric)}, {score_text(interval.high, metric)}]"


def costs(interval: Interval, unit: UnitSpec) -> str:
    return f"[{cost_text(interval.low, unit)}, {cost_text(interval.high, unit)}]"


def cost_text(value: float, unit: UnitSpec) -> str:
    """A cost as the language writes it: `5.2 units`, `$0.0012`; tokens and calls are plain numbers."""
    match unit.kind:
        case "model" | "flops":
            return f"{amount_text(value)} units"
        case "dollars":
            return f"${amount_text(value)}"
        case "tokens" | "calls":
            return amount_text(value)


# --- the block within its file


def strip_measured(text: str) -> str:
    """The program without its `measured` blocks, and without the blank lines before them."""
    edits = [Edit(block.span, "") for block in measured_blocks(text)]
    if not edits:
        return text
    stripped = apply_edits(text, edits)
    return re.sub(r"\n{3,}", "\n\n", stripped.rstrip() + "\n") if stripped.strip() else ""


def replace_measured(text: str, block: MeasuredBlock, *, version: str = VERSION) -> str:
    """The program with `block` as its only `measured` block, at the end."""
    program = formatted(strip_measured(text))
    return f"{program.rstrip()}\n\n{measured_text(block, version=version)}"


def measured_blocks(text: str) -> tuple[ast.Measured, ...]:
    """The `measured` blocks of a program that can be read; of one that can't, those that can."""
    module = parse(SourceFile("program", text)).module
    return tuple(decl for decl in module.decls if isinstance(decl, ast.Measured))


def formatted(text: str) -> str:
    """The canonical layout; a text that can't be read stays as it is."""
    found = format_source(SourceFile("program", text))
    return found if isinstance(found, str) else text


# --- hashes


def program_hash(text: str) -> str:
    """Sha-256 of a program without its block; layout plays no part, comments do."""
    return sha256(canonical(text))


def imports_hash(texts: Iterable[str]) -> str:
    """Sha-256 over the texts of what a program uses of its imports, in their order.

    They are canonical already, as `semantics.used_declarations` tells them: without layout, comments, the
    names of files, and what the program does not use.
    """
    return sha256("\n".join(sha256(text) for text in texts))


def canonical(text: str) -> str:
    """What a program says, printed from its tree, then its comments; the text itself if it can't be read."""
    parsed = parse(SourceFile("program", text))
    if parsed.problems:
        return text
    blocks = [decl.span for decl in parsed.module.decls if isinstance(decl, ast.Measured)]
    kept = tuple(decl for decl in parsed.module.decls if not isinstance(decl, ast.Measured))
    comments = [
        comment.text
        for comment in parsed.comments
        if not any(block.start <= comment.span.start < block.end for block in blocks)
    ]
    return "\n".join([print_module(replace(parsed.module, decls=kept)), *comments])


def sha256(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


class Stale(StrEnum):
    """Why a `measured` block no longer tells about its program."""

    PROGRAM = "program"
    IMPORTS = "imports"
    DATA = "data"


def recorded_hashes(block: ast.Measured) -> dict[str, str]:
    """The hashes that a block holds, by name; empty if someone took them out."""
    return {
        arg.name: arg.value.value
        for setting in block.settings
        if isinstance(setting, ast.Setting) and setting.key == "hashes"
        for arg in setting.args
        if arg.name is not None and isinstance(arg.value, ast.String)
    }


def staleness(text: str, imports: Iterable[str], data: str | None = None) -> tuple[Stale, ...]:
    """What changed since the `measured` block was written; empty if nothing did, or there is no block.

    Args:
        text: the program with its block.
        imports: texts of what it uses of its imports, as for `imports_hash`.
        data: hash of the task's data, or None to leave it out.
    """
    blocks = measured_blocks(text)
    if not blocks:
        return ()
    now = {Stale.PROGRAM: program_hash(text), Stale.IMPORTS: imports_hash(imports)}
    if data is not None:
        now[Stale.DATA] = data
    then = recorded_hashes(blocks[-1])
    return tuple(part for part, value in now.items() if then.get(part.value) != value)
