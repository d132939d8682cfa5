"""How long one question takes, on virtual time (semantics.md 3).

The run is repeated with the recorded service times of its calls, without queueing behind other questions: a
node starts once what it does is certain, a vote ends once its outcome is, and calls that nobody waits for
then are stopped. So the latency is that of the critical path, less what a quorum saves. With N slots, the
calls of the question share them: whenever a slot is free, it goes to the call that can start and stands
first among the candidate's nodes.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tgl.runtime.certainty import Certainty, Fed, Said, Whole
from tgl.runtime.plan import Plan
from tgl.stdfn import Open, Value, is_settled


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


def timing(plan: Plan, field: Callable[[str], Value], recorded: Sequence[Recorded]) -> Timing:
    """How long a question takes.

    Args:
        plan: of the candidate, with its slots.
        field: a given field of the example.
        recorded: what the run has seen of each node, in the order of nodes.
    """
    return Clock(plan, field, recorded).timing()
