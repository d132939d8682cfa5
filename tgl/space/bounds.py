"""What a run of a candidate needs: least, usual and most, told before it (semantics.md 4).

* *most*: every call that may run together with the others (a router costs what its dearest route costs), with
  all of its re-asks, the longest prompts and replies. Votes and rounds that may end early count in full.
  Attempts after a failed transport do not count.
* *least*: the calls that surely run, each asked once; a prompt has at least one token, a reply none. It
  holds for runs in which no call fails and that wait for all of their calls (a deployed run that cancels what
  can't change its answer may make fewer).
* *usual*: the calls of each example's route (all routes alike, where no examples are at hand), each asked
  once; guards on signals are taken to hold. Tokens are those seen of the model, else a quarter of the
  prompt's bytes and the whole `max_tokens`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tgl.ir import CallNode, Candidate, Expr, FnNode, Input, ListOf, ModelSpec, NodeRef, Op, PortSpec, Scalar
from tgl.space.lengths import ONE_OF, Lengths
from tgl.space.ranges import Amount, Bounds, Range, bounds_of, largest_of, priced, smallest_of, summed
from tgl.space.reads import subexpressions
from tgl.space.routes import GivenFields, Guarded, Route, guarded, may_hold, routes
from tgl.space.tokens import AskTokens, ask_tokens
from tgl.stdfn import Value

BYTES_PER_TOKEN = 4
"""Of usual text, where nothing of a model has been seen."""
PASSING = ONE_OF - {"std.reduce:majority", "std.reduce:best"} | {"std.reduce:join"}
"""Functions whose value is there if one of their inputs is."""
INDEX = re.compile(r"\[[^\]]*\]")
WHOLE_TEXTS = frozenset({"text", "list"})
"""Types of ports that take any message."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is recorded of a model: tokens and seconds of a call in the mean, and the longest of `calls`."""

    calls: int
    prompt: float
    completion: float
    seconds: float
    slowest: float


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before a run.

    Args:
        models: the declared models.
        lengths: of the texts.
        usual: the same in the mean, for usual prompts; None: as `lengths`.
        examples: given fields of examples, for how usual a route is.
        seen: what is recorded, by model.
        slots: how many calls of one question are made at a time; None: all that can start.
    """

    models: Mapping[str, ModelSpec]
    lengths: Lengths = field(default_factory=Lengths)
    usual: Lengths | None = None
    examples: Sequence[Mapping[str, Value]] = ()
    seen: Mapping[str, Seen] = field(default_factory=dict[str, Seen])
    slots: int | None = None


@dataclass(frozen=True, slots=True)
class NodeBounds:
    """The bounds of one call node, asked at most `asks` times; `reason` tells why something is unbounded."""

    id: str
    model: str
    asks: int
    bounds: Bounds
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PathBounds:
    """The longest chain of calls of which each waits for the one before.

    `seconds` and `slowest` add up service times that were seen: the means, and the longest with all re-asks.
    None where nothing was seen of one of the models.
    """

    calls: Range
    seconds: float | None
    slowest: float | None


@dataclass(frozen=True, slots=True)
class CandidateBounds:
    """What one run of a candidate needs: in all, by call node in candidate order, and by declared node.

    `groups`: replicas and rounds together (`solve.worker[]`), those that exclude each other not added up.
    """

    total: Bounds
    nodes: tuple[NodeBounds, ...]
    groups: tuple[tuple[str, Bounds], ...]
    path: PathBounds


def asks(node: CallNode) -> int:
    """How often a node may be asked; at temperature 0 a re-ask would only repeat the reply."""
    return 1 if node.temperature == 0 else 1 + node.retry


def may_run(candidate: Candidate, given: Mapping[str, Scalar]) -> tuple[CallNode, ...]:
    """The calls that can happen on an example."""
    fields = GivenFields(given)
    return tuple(node for node in candidate.calls if may_hold(node.guard, fields))


def worst_calls(candidate: Candidate, given: Mapping[str, Scalar] | None = None) -> int:
    """The most calls of a run, re-asks included: on one example, or on any."""
    if given is not None:
        return sum(asks(node) for node in may_run(candidate, given))
    found = [(guarded(node.guard), asks(node)) for node in candidate.calls]
    return max(
        sum(count for guard, count in found if guard.may_run(route))
        for route in routes([guard for guard, _ in found])
    )


def candidate_bounds(candidate: Candidate, known: Known) -> CandidateBounds:
    """What one run of a candidate needs."""
    calls = candidate.calls
    guards = [guarded(node.guard) for node in calls]
    ways = routes(guards)
    tokens = ask_tokens(candidate, known.lengths)
    usual = usual_amounts(candidate, known, tokens)
    most = [worst_amount(node, tokens[node.id], known.models) for node in calls]
    once = {node.id: least_amount(node, known.models) for node in calls}
    surely = [certain(candidate, route) for route in ways]
    shares = route_shares(calls, guards, known.examples, ways)

    def together(places: Sequence[int]) -> Bounds:
        least = [summed(once[calls[at].id] for at in places if calls[at].id in sure) for sure in surely]
        mean = summed(usual[calls[at].id].times(shares[at]) for at in places)
        highest = [summed(most[at] for at in places if guards[at].may_run(way)) for way in ways]
        return bounds_of(smallest_of(least), mean, largest_of(highest))

    groups: dict[str, list[int]] = {}
    for place, node in enumerate(calls):
        groups.setdefault(declared(node.id), []).append(place)
    nodes = tuple(
        NodeBounds(
            node.id,
            node.model,
            asks(node),
            bounds_of(
                once[node.id] if all(node.id in sure for sure in surely) else once[node.id].times(0.0),
                usual[node.id].times(share),
                dearest,
            ),
            tokens[node.id].reason,
        )
        for node, share, dearest in zip(calls, shares, most, strict=True)
    )
    return CandidateBounds(
        together(range(len(calls))),
        nodes,
        tuple((name, together(places)) for name, places in groups.items()),
        _path(candidate, known, surely),
    )


def declared(address: str) -> str:
    """An address with replicas taken together: `solve.worker[]`."""
    return INDEX.sub("[]", address)


def worst_amount(node: CallNode, ask: AskTokens, models: Mapping[str, ModelSpec]) -> Amount:
    """The most of a call node, with all of its re-asks."""
    return priced(models.get(node.model), asks(node), ask.prompt, ask.completion)


def least_amount(node: CallNode, models: Mapping[str, ModelSpec]) -> Amount:
    """The least of a call node that runs: one prompt of a token, and nothing said."""
    return priced(models.get(node.model), 1.0, 1.0, 0.0)


def usual_amounts(candidate: Candidate, known: Known, worst: Mapping[str, AskTokens]) -> dict[str, Amount]:
    """What one ask of each call usually takes."""
    lengths = known.lengths if known.usual is None else known.usual
    means = worst if known.usual is None else ask_tokens(candidate, lengths)
    found: dict[str, Amount] = {}
    for node in candidate.calls:
        seen = known.seen.get(node.model)
        if seen is None:
            prompt, completion = means[node.id].prompt / BYTES_PER_TOKEN, means[node.id].completion
        else:
            prompt, completion = seen.prompt, seen.completion
        found[node.id] = priced(known.models.get(node.model), 1.0, prompt, completion)
    return found


def route_shares(
    calls: Sequence[CallNode],
    guards: Sequence[Guarded],
    examples: Sequence[Mapping[str, Value]],
    ways: Sequence[Route],
) -> list[float]:
    """On which share of examples each call can run; of routes, where there are no examples."""
    if not examples:
        return [sum(guard.may_run(way) for way in ways) / len(ways) for guard in guards]
    parts = [part for node in calls if node.guard is not None for part in subexpressions(node.guard)]
    asked = {part.port for part in parts if isinstance(part, Input)}
    if not asked:
        return [1.0 if may_hold(node.guard, GivenFields({})) else 0.0 for node in calls]
    # examples that a guard can't tell apart count together
    alike = Counter(
        tuple((name, value) for name, value in sorted(one.items()) if name in asked) for one in examples
    )
    shares = [0.0] * len(calls)
    for given, count in alike.items():
        fields = GivenFields(dict(given))
        for place, node in enumerate(calls):
            if may_hold(node.guard, fields):
                shares[place] += count / len(examples)
    return [min(share, 1.0) for share in shares]


def certain(candidate: Candidate, route: Route) -> set[str]:
    """The calls that surely run on a route: their guards surely hold, and what they require surely comes."""
    there: set[str] = set()
    for node in candidate.nodes:
        if not guarded(node.guard).surely_runs(route):
            continue
        arriving = [present(expr, there) for _, expr in node.inputs]
        if isinstance(node, FnNode):
            if node.fn in PASSING and any(arriving):
                there.add(node.id)
            continue
        sure = {port: expr for (port, expr), comes in zip(node.inputs, arriving, strict=True) if comes}
        if all(port.optional or surely_fed(port, sure.get(port.name)) for port in node.ports):
            there.add(node.id)
    return {node.id for node in candidate.calls if node.id in there}


def surely_fed(port: PortSpec, expr: Expr | None) -> bool:
    """Whether what surely arrives is surely something: a typed port takes no reply that can't be read."""
    if expr is None:
        return False
    return port.type in WHOLE_TEXTS or not nodes_read(expr)


def present(expr: Expr, there: set[str]) -> bool:
    """Whether an input surely holds something."""
    match expr:
        case NodeRef(id=name):
            return name in there
        case Input():
            return True
        case ListOf(items=items):
            return any(present(item, there) for item in items)
        case Op(op="else", args=args):
            return any(present(arg, there) for arg in args)
        case _:
            return False


def _path(candidate: Candidate, known: Known, surely: Sequence[set[str]]) -> PathBounds:
    """Max-plus over the candidate; with slots, Graham's bound on what waiting for one may add."""
    sure = set[str].intersection(*surely)
    calls = candidate.calls
    most = _longest(candidate, {node.id: float(asks(node)) for node in calls})
    usual = _longest(candidate, {node.id: 1.0 for node in calls})
    least = _longest(candidate, {node.id: 1.0 if node.id in sure else 0.0 for node in calls})
    seconds = slowest = None
    if all(node.model in known.seen for node in calls):
        seconds = _longest(candidate, {node.id: known.seen[node.model].seconds for node in calls})
        slowest = _longest(
            candidate, {node.id: known.seen[node.model].slowest * asks(node) for node in calls}
        )
    if known.slots is not None and calls:
        # Graham 1969, SIAM J. Appl. Math. 17: at most work / slots + (1 - 1 / slots) path
        most = math.floor(spread(worst_calls(candidate), most, known.slots))
        usual = max(usual, math.ceil(len(calls) / known.slots))
        if seconds is not None and slowest is not None:
            seen = [known.seen[node.model] for node in calls]
            seconds = max(seconds, sum(one.seconds for one in seen) / known.slots)
            work = sum(one.slowest * asks(node) for one, node in zip(seen, calls, strict=True))
            slowest = spread(work, slowest, known.slots)
    return PathBounds(Range(least, min(max(least, usual), most), most), seconds, slowest)


def spread(work: float, path: float, slots: int) -> float:
    """The most time of `work` on so many slots where one chain of it takes `path`."""
    return min(work, work / slots + (1 - 1 / slots) * path)


def _longest(candidate: Candidate, costs: Mapping[str, float]) -> float:
    ended: dict[str, float] = {}
    for node in candidate.nodes:
        reads = [expr for _, expr in node.inputs] + ([] if node.guard is None else [node.guard])
        ended[node.id] = costs.get(node.id, 0.0) + max(
            (ended.get(name, 0.0) for expr in reads for name in nodes_read(expr)), default=0.0
        )
    return max(ended.values(), default=0.0)


def nodes_read(expr: Expr) -> list[str]:
    """The nodes that an expression reads."""
    return [part.id for part in subexpressions(expr) if isinstance(part, NodeRef)]
