"""The pure scheduler and the union graph under fuzzed worlds: what must hold whatever servers do."""

import heapq
import math
from collections import defaultdict
from itertools import count

import pytest

from tgl.ir import KeySpec, ModelSpec
from tgl.models import ErrorKind, ModelError, Usage
from tgl.runtime import BillCap, BillReached, CallPolicy, Job, Ledger, RunStatus
from tgl.runtime.counts import Tally
from tgl.runtime.limits import MINUTE, gate_of
from tgl.runtime.plan import Planner
from tgl.runtime.prompts import Prompts
from tgl.runtime.run import Replied, Run
from tgl.runtime.scheduler import Scheduler
from tgl.runtime.traffic import (
    Broke,
    Call,
    CallFailed,
    Came,
    CutOff,
    CutOut,
    GivenUp,
    Kept,
    Raised,
    Send,
    Unwanted,
    Wanted,
)
from tgl.runtime.union import UnionGraph
from tgl.space import Stream
from tgl.storage import Origin, StoredResponse

MODELS = ("smol", "big")
TEXTS = ("1", "2", "3", "?")
PASSING = ("rate_limit", "timeout", "server", "broken", "connection")


def response(identity):
    """What the world's models say to a call: its identity decides."""
    number = int(identity[:8], 16)
    return StoredResponse(
        identity=identity,
        origin=Origin(model="m", messages="m", options="{}", draw=0, salt=""),
        text=TEXTS[number % 4],
        finish="stop",
        prompt_tokens=10 + number % 7,
        completion_tokens=1 + number % 5,
        latency=number % 900,
    )


class Programs:
    """A few small candidates, and what each says to each question when it runs alone."""

    def __init__(self, make):
        models = {"model": "big"}
        self.candidates = [
            make.vote(3),
            make.vote(5, retry=1),
            make.candidate(make.call("a"), make.call("b", "a", **models), make.call("c", "b", retry=2)),
            make.candidate(
                make.call("w0", retry=1),
                make.call("w1", draw=1, **models),
                make.call("fuse", "w0", "w1", draw=2),
                make.fn("m", "std.reduce:majority", "w0", "w1", "fuse"),
            ),
            make.candidate(
                *(make.call(name, temperature=0.0) for name in "xy"),
                make.fn("m", "std.reduce:majority", "x", "y"),
            ),
        ]
        self.planner = Planner(Prompts(), KeySpec(kind="number"), {"smol": "fs", "big": "fb"})
        self.alone = {}

    def run(self, job):
        return Run(self.planner.plan(job.candidate), job)

    def result(self, job):
        key = (job.candidate.digest, job.example["question"])
        if key not in self.alone:
            run = self.run(job)
            commands = run.start()
            while run.result is None:
                commands += run.on(Replied(commands[0], response(commands[0].key.identity), "live"))
                commands.pop(0)
            self.alone[key] = run.result
        return self.alone[key]


class Dice:
    """Draws that a seed decides."""

    def __init__(self, seed):
        self.stream, self.drawn = Stream(0, "world", seed), count()

    def share(self):
        return self.stream.uniform(next(self.drawn))

    def below(self, end):
        return int(self.share() * end)

    def choice(self, options):
        return options[self.below(len(options))]

    def wait(self):
        return -math.log(1 - self.share())


def rule(group, results):
    """Drop a group after its second wrong answer."""
    return sum(result.answer is None or result.answer.text != "1" for result in results) >= 2


class World:
    """A batch, driven by hand: servers that are slow, refuse, break and come back, as a seed decides."""

    def __init__(self, programs, seed, *, large=False):
        questions, width, concurrency = (900, 600, (256,)) if large else (3, 12, (1, 2, 4, 16))
        self.chance = chance = Dice(seed)
        self.programs = programs
        self.jobs = [
            Job(
                chance.choice(programs.candidates),
                {"question": str(chance.below(questions))},
                group=chance.choice(("", "g", "h")),
                priority=chance.below(2),
            )
            for _ in range(width // 2 + chance.below(width))
        ]
        specs = {
            name: ModelSpec(
                name=name,
                provider="scripted",
                prompt_price=0.001,
                completion_price=0.01,
                rpm=chance.choice((None, None, 5, 30)) if not large else None,
                tpm=chance.choice((None, None, 100, 1000)) if not large else None,
            )
            for name in MODELS
        }
        cap = BillCap(
            chance.choice((None, None, None, 1 + chance.below(39))),
            chance.choice((None, None, None, 0.05 + 5 * chance.share()))
            if not large
            else 60 * chance.share(),
        )
        self.ledger = Ledger(specs, cap)
        self.ceilings = {name: chance.choice(concurrency) for name in MODELS}
        self.specs = specs
        self.gates = {name: gate_of(specs[name], self.ceilings[name]) for name in MODELS}
        self.trouble = chance.choice((0.0, 0.1, 0.5))
        self.max_n = chance.choice((1, 1, 3))
        attempts = chance.choice((2, 50))
        policy = CallPolicy(attempts=attempts, first_contact=attempts, deadline=1e6, cap=20.0)
        tally = Tally()
        self.scheduler = Scheduler(
            self.gates,
            self.ledger,
            policy,
            tally,
            max_n=lambda _: self.max_n,
            hedge=chance.choice((None, None, 0.5)),
        )
        self.tally = tally
        self.known, self.failed = {}, {}
        drop = chance.choice((None, rule))
        self.dropping = drop is not None
        self.union = UnionGraph(
            self.jobs, [programs.run(job) for job in self.jobs], self.known, self.failed, tally, drop
        )
        self.now = 1.0
        self.coming, self.order = [], count()
        self.flying, self.answered, self.uncommitted = {}, set(), []
        self.sent = defaultdict(list)
        self.peak = self.canaries = 0
        self.refused = defaultdict(list)
        self.not_before = defaultdict(float)

    def play(self):
        """To the end of the batch; the reason for a stop, or None."""
        self.union.start()
        self.ask()
        for _ in range(100_000):
            for identity in self.union.given_back():
                self.scheduler.on(Unwanted(identity), self.now)
            for identity, rank in self.union.raises().items():
                self.scheduler.on(Raised(identity, rank), self.now)
            for command in self.scheduler.commands(self.now):
                self.obey(command)
            if self.ask() or self.union.abandoned:
                continue
            if self.scheduler.idle and not self.coming:
                break
            times = [self.coming[0][0]] if self.coming else []
            times += [] if self.scheduler.wake is None else [self.scheduler.wake]
            if times:
                self.now = max(self.now, min(times))
            while self.coming and self.coming[0][0] <= self.now:
                heapq.heappop(self.coming)[2]()
        else:
            raise AssertionError("it does not end")
        for number in [number for number, send in self.flying.items() if send.calls[0].canary]:
            self.cut(number)
        assert not self.flying
        assert self.ledger.reserved == self.ledger.under_way == 0
        return min(self.scheduler.stops)[1] if self.scheduler.stops else None

    def later(self, seconds, what):
        heapq.heappush(self.coming, (self.now + seconds, next(self.order), what))

    def ask(self):
        """Bring what runs ask for to the scheduler; whether there was anything."""
        asked = False
        while new := self.union.wave():
            stored = [ask for ask in new if self.chance.share() < 0.1]
            for ask in stored:
                self.known[ask.identity] = response(ask.identity)
                self.union.answer(ask.identity, self.known[ask.identity], live=False)
            for ask in new:
                if ask not in stored and ask.identity in self.union.waiters:
                    step = ask.command.step
                    call = Call(
                        ask.identity,
                        step.node.model,
                        step.node.id,
                        self.union.rank_of(ask.identity),
                        Usage(20, 6),
                        (step.node.model, ask.command.rendered.canonical, step.options),
                        ask.command.draw,
                        None,
                    )
                    self.scheduler.on(Wanted(call), self.now)
                    asked = True
        return asked

    def obey(self, command):
        match command:
            case Send():
                self.check_send(command)
                self.flying[command.number] = command
                self.peak = max(self.peak, len(self.flying))
                self.later(self.chance.wait(), lambda: self.arrive(command))
            case CutOut(number=number):
                self.later(self.chance.choice((0.0, 1.0)), lambda: self.cut(number))
            case GivenUp(call=call):
                assert call.identity not in self.answered
                self.failed[call.identity] = CallFailed(command.kind.value, command.detail)
                self.union.fail(call.identity, self.failed[call.identity])

    def check_send(self, send):
        model = send.calls[0].model
        draws = [call.draw for call in send.calls]
        assert len(draws) <= self.max_n
        assert draws == list(range(draws[0], draws[0] + len(draws)))
        assert len({(call.model, call.request) for call in send.calls}) == 1
        for call in send.calls:
            assert not (call.canary and send.hedge)
            answered = call.identity in self.answered
            assert answered == call.canary, "asked again though it has a response, or a canary that has none"
            assert send.hedge or self.now >= self.not_before[call.identity], "asked again too early"
            doubled = [other for other in self.flying.values() if call in other.calls]
            assert len(doubled) == int(send.hedge)
        active = sum(len(other.calls) for other in self.flying.values() if other.calls[0].model == model)
        assert active + len(send.calls) <= self.gates[model].limit.slots <= self.ceilings[model]
        refused = self.refused[model]
        assert len(refused) < 3 or self.now >= max(refused), "the server asked to be left alone"
        spec, cap = self.specs[model], self.ledger.cap
        window = [entry for entry in self.sent[model] if entry[0] + MINUTE > self.now]
        assert spec.rpm is None or len(window) < spec.rpm
        tokens = 20 + 6 * len(send.calls)
        used = sum(entry[1] for entry in window)
        assert spec.tpm is None or not window or used + tokens <= spec.tpm
        self.sent[model].append([self.now, tokens, send.number])
        assert cap.calls is None or self.ledger.billed_calls <= cap.calls
        assert cap.dollars is None or self.ledger.dollars + self.ledger.reserved <= cap.dollars + 1e-9

    def correct(self, send, tokens):
        for entry in self.sent[send.calls[0].model]:
            if entry[2] == send.number:
                entry[1] = tokens

    def arrive(self, send):
        if self.flying.pop(send.number, None) is None:
            return
        model = send.calls[0].model
        if self.chance.share() < self.trouble:
            kind = ErrorKind(self.chance.choice(PASSING))
            wait = self.chance.choice((None, None, 7.0)) if kind is ErrorKind.RATE_LIMIT else None
            error = ModelError(kind, "no", retry_after=wait, unknown_usage=kind is ErrorKind.TIMEOUT)
            until = self.now + (wait or 0.0)
            self.refused[model].append(until)
            for call in send.calls:
                self.not_before[call.identity] = max(self.not_before[call.identity], until)
            if not error.unknown_usage:
                self.correct(send, 0)
            self.scheduler.on(Broke(send.number, error), self.now)
            return
        self.refused[model].clear()
        self.canaries += send.calls[0].canary
        replies = [response(call.identity) for call in send.calls]
        usage = Usage(replies[0].prompt_tokens, sum(reply.completion_tokens for reply in replies))
        self.correct(send, usage.prompt_tokens + usage.completion_tokens)
        self.scheduler.on(Came(send.number, usage), self.now)
        if send.calls[0].canary:
            return
        self.answered.update(call.identity for call in send.calls)
        self.later(self.chance.share() / 5, lambda: self.commit(model, replies))

    def commit(self, model, replies):
        for reply in replies:
            if reply.identity not in self.known:
                self.known[reply.identity] = reply
                self.union.answer(reply.identity, reply, live=True)
        self.scheduler.on(Kept(model, len(replies)), self.now)

    def cut(self, number):
        if self.flying.pop(number, None) is not None:
            self.scheduler.on(CutOff(number), self.now)

    # What has to come out.

    def expected(self):
        """The results of each job alone, and of groups as far as the rule lets them go."""
        results = [self.programs.result(job) for job in self.jobs]
        seen = defaultdict(list)
        dropped = set()
        for place, job in enumerate(self.jobs):
            if not (self.dropping and job.group):
                continue
            if job.group in dropped:
                results[place] = None
                continue
            seen[job.group].append(results[place])
            if rule(job.group, seen[job.group]):
                dropped.add(job.group)
        return results

    def check(self):
        stop = self.play()
        counts = self.tally
        assert counts.requests == self.ledger.billed_calls
        if stop is not None:
            assert not isinstance(stop, BillReached) or self.ledger.cap != BillCap()
            return
        results = self.union.results
        assert None not in results
        assert not self.union.waiters
        for job, result, alone in zip(self.jobs, results, self.expected(), strict=True):
            if self.failed:
                continue
            if alone is None:
                assert result.status is RunStatus.DROPPED
                assert result.calls == ()
            else:
                assert result == alone, job
        if not self.failed and not self.dropping:
            distinct = {use.identity for result in results for use in result.calls}
            assert counts.needed - counts.shared == len(distinct)
            assert counts.issued <= len(distinct)


@pytest.fixture
def programs(make):

    return Programs(make)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 10_000, 1000))
def test_fuzzed_worlds(programs, first):
    canaries = 0
    for seed in range(first, first + 1000):
        world = World(programs, seed)
        world.check()
        canaries += world.canaries
    assert canaries, "some prompts were doubted"


@pytest.mark.slow
def test_worlds_with_hundreds_of_calls_under_way(programs):
    peaks = []
    for seed in range(8):
        world = World(programs, f"large {seed}", large=True)
        world.check()
        peaks.append((world.peak, bool(world.scheduler.stops)))
    assert sum(peak > 150 for peak, _ in peaks) >= 4
    assert {stopped for _, stopped in peaks} == {True, False}
