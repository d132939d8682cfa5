"""How long one question takes, on virtual time (semantics.md 3).

The run is repeated with the recorded service times of its calls, without queueing behind other questions: a
node starts once what it does is certain, a vote ends once its outcome is, and calls that nobody waits for
then are stopped. So the latency is that of the critical path, less what a quorum saves. With N slots, the
calls of the question share them: whenever a slot is free, it goes to the call that can start and stands
first among the candidate's nodes.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tgl.runtime.certainty import Certainty, Fed, Said, Whole, fed, unsaid
from tgl.runtime.plan import Plan
from tgl.stdfn import Open, StdFunction, Value, foretold, foretold_guard, is_settled


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a run has seen of one node.

    Args:
        value: what it said, None if it was absent, open if it was not decided.
        seconds: the service times of its asks, in order.
    """

    value: Value | Open
    seconds: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Timing:
    """Latency of a question in seconds, and how many recorded calls had not ended when it was answered."""

    latency: float
    saved: int


AT_ONCE = Timing(0.0, 0)


class Clock:
    """One question on virtual time."""

    def __init__(self, plan: Plan, field: Callable[[str], Value], recorded: Sequence[Recorded]) -> None:
        self.recorded = recorded
        self.slots = len(plan.nodes) if plan.slots is None else plan.slots
        self.certainty = Certainty(plan, field)
        self.queue: list[tuple[int, int]] = []
        self.running: list[tuple[float, int, int]] = []
        self.now = 0.0
        self.ended = 0

    def timing(self) -> Timing:
        """Run to the answer."""
        self.enter()
        while not is_settled(self.certainty.output()):
            self.start()
            if not self.running:
                break  # only what the run itself did not wait for is left
            self.tick()
        asks = sum(len(record.seconds) for record in self.recorded)
        return Timing(self.now, asks - self.ended)

    def tick(self) -> None:
        """Go to the next moment at which calls end; those that end together count, all of them."""
        self.now = self.running[0][0]
        ended: list[tuple[int, int]] = []
        while self.running and self.running[0][0] == self.now:
            _, position, ask = heapq.heappop(self.running)
            ended.append((position, ask))
        self.ended += len(ended)
        for position, ask in ended:
            if not self.certainty.is_dropped[position]:
                self.follow(position, ask + 1)
        self.enter()

    def start(self) -> None:
        """Fill the free slots in the order of nodes."""
        while self.queue and len(self.running) < self.slots:
            position, ask = heapq.heappop(self.queue)
            took = self.recorded[position].seconds[ask]
            heapq.heappush(self.running, (self.now + took, position, ask))

    def enter(self) -> None:
        """Enter all nodes that are certain, and stop the calls that nobody waits for then."""
        while (entry := self.certainty.entered()) is not None:
            match entry:
                case Said(position=position, value=value):
                    self.certainty.decide(position, value)
                case Whole(position=position):
                    self.follow(position, 0)
                case Fed(position=position):
                    self.follow(position, 0)
        self.stop_dropped()

    def follow(self, position: int, ask: int) -> None:
        """The next ask of a node, or its message if there was no other."""
        record = self.recorded[position]
        if ask < len(record.seconds):
            heapq.heappush(self.queue, (position, ask))
        elif not isinstance(record.value, Open):
            self.certainty.decide(position, record.value)

    def stop_dropped(self) -> None:
        """Take calls away that wait for a slot or have one."""
        if not self.certainty.dropped:
            return
        self.certainty.dropped.clear()
        gone = self.certainty.is_dropped
        self.queue = [(position, ask) for position, ask in self.queue if not gone[position]]
        self.running = [call for call in self.running if not gone[call[1]]]
        heapq.heapify(self.queue)
        heapq.heapify(self.running)


class Earlier:
    """What was known just before the last of some nodes was decided."""

    def __init__(
        self, plan: Plan, field: Callable[[str], Value], values: Sequence[Value], decided_at: Sequence[float]
    ) -> None:
        self.plan, self.given, self.values, self.decided_at = plan, field, values, decided_at
        self.moment = 0.0

    def before(self, positions: Sequence[int]) -> float:
        """Go back to that moment; the moment itself."""
        self.moment = max((self.decided_at[at] for at in positions), default=0.0)
        return self.moment

    def said(self, node: str) -> Value | Open:
        """The value of a node, if it was decided before the moment."""
        position = self.plan.index.get(node)
        if position is None:
            return None
        is_open = self.decided_at[position] >= self.moment
        return unsaid(self.plan.nodes[position]) if is_open else self.values[position]

    @property
    def functions(self) -> Mapping[str, StdFunction]:
        """The functions that the user wrote."""
        return self.plan.functions

    def node(self, node: str) -> Value:
        """The value of a node that was decided."""
        found = self.said(node)
        return None if isinstance(found, Open) else found

    def field(self, port: str) -> Value:
        """A given field of the example."""
        return self.given(port)

    def is_of_use(self) -> bool:
        """Whether something was certain before all that it reads was: then time has to be told step by step.

        If not, each node was certain with the last of its sources, and the critical path is the latency.
        """
        plan = self.plan
        for position, node in enumerate(plan.nodes):
            if not plan.early[position]:
                continue
            guarded = self.before(plan.guards[position])
            if guarded and foretold_guard(node.guard, self) is not None:
                return True
            if self.before(plan.inputs[position]) <= guarded:
                continue
            # Its inputs came last: they matter only if it runs, and then none may be certain before.
            guard = foretold_guard(node.guard, self)
            if guard is not True or fed(position, node, self) is not None:
                return True
        return bool(self.before(plan.outputs)) and is_settled(foretold(plan.output, self))


def timing(plan: Plan, field: Callable[[str], Value], recorded: Sequence[Recorded]) -> Timing:
    """How long a question takes.

    Args:
        plan: of the candidate, with its slots.
        field: a given field of the example.
        recorded: what the run has seen of each node, in the order of nodes.
    """
    return Clock(plan, field, recorded).timing()
