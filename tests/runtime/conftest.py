"""Programs in a few words, and an event loop on which an hour takes no time."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import pytest

from tgl.ir import (
    CallNode,
    Candidate,
    Expr,
    FnNode,
    Input,
    KeySpec,
    ListOf,
    ModelSpec,
    NodeRef,
    PortSpec,
    Reader,
)
from tgl.models import ChatRequest, ScriptedModel
from tgl.runtime import Executor, Job, ModelBinding, RuntimeOptions
from tgl.storage import MemoryStore


class JumpingSelector(selectors.DefaultSelector):
    """Never waits: what would be waited for is added to the clock."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "nothing is left to wait for: a deadlock"
            self.now += max(timeout, 0.0)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An asyncio loop whose clock jumps to the next deadline."""

    def __init__(self) -> None:
        self.jumping = JumpingSelector()
        super().__init__(self.jumping)

    def time(self) -> float:
        return self.jumping.now


@pytest.fixture
def on_virtual_time() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    def run(work: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            return runner.run(work)

    return run


class Make:
    """Builders of programs and executors."""

    key = KeySpec(kind="number")

    def call(self, name: str, *sources: str, **changes: object) -> CallNode:
        """A call that shows the question and the drafts of its sources."""
        drafts = (
            (("drafts", ListOf(items=tuple(NodeRef(id=source) for source in sources))),) if sources else ()
        )
        fields: dict[str, object] = {
            "id": name,
            "role": "assistant",
            "model": "smol",
            "prompt": "{{ question }}{% for d in drafts %} [{{ d }}]{% endfor %}",
            "system": None,
            "ports": (
                PortSpec(name="question", type="text"),
                PortSpec(name="drafts", type="list", optional=not sources),
            ),
            "inputs": (("question", self.field("question")), *drafts),
            "params": (),
            "reader": Reader(kind="answer"),
            "shots": 0,
            "shots_source": None,
            "temperature": 0.7,
            "top_p": None,
            "max_tokens": 16,
            "stop": (),
            "retry": 0,
            "guard": None,
            "draw": 0,
        }
        return CallNode.model_validate(fields | changes)

    def fn(self, name: str, fn: str, *sources: str, guard: Expr | None = None) -> FnNode:
        return FnNode(id=name, fn=fn, inputs=(("xs", self.refs(*sources)),), guard=guard)

    def refs(self, *names: str) -> ListOf:
        return ListOf(items=tuple(NodeRef(id=name) for name in names))

    def field(self, name: str) -> Input:
        return Input(instance="solve", port=name)

    def candidate(self, *nodes: CallNode | FnNode, output: Expr | None = None) -> Candidate:
        return Candidate(nodes=nodes, output=output or NodeRef(id=nodes[-1].id))

    def vote(self, count: int, **changes: object) -> Candidate:
        """A majority of `count` sampled calls."""
        names = [f"w{draw}" for draw in range(count)]
        calls = [self.call(name, draw=draw, **changes) for draw, name in enumerate(names)]
        return self.candidate(*calls, self.fn("final", "std.reduce:majority", *names))

    def jobs(self, candidate: Candidate, *questions: str, salt: str = "") -> list[Job]:
        return [Job(candidate, {"question": question}, salt) for question in questions]

    def model(
        self, reply: Callable[[ChatRequest], Any] = lambda request: "4", **options: Any
    ) -> ScriptedModel:
        return ScriptedModel("smol", reply, **options)

    def executor(
        self,
        models: ScriptedModel | Mapping[str, ScriptedModel] | None,
        store: Any = None,
        *,
        live: bool = True,
        concurrency: int = 4,
        spec: Mapping[str, object] | None = None,
        **options: Any,
    ) -> Executor:
        """An executor; `models` None: one model that can't be asked."""
        named = (
            {"smol": self.model() if models is None else models}
            if not isinstance(models, Mapping)
            else models
        )
        bound = {
            name: ModelBinding(
                ModelSpec.model_validate({"name": name, "provider": "scripted", **(spec or {})}),
                model.fingerprint,
                None if models is None else model,
                concurrency,
            )
            for name, model in named.items()
        }
        names = ("policy", "cap", "quorum", "deploy", "hedge")
        behaviour = {name: options.pop(name) for name in names if name in options}
        return Executor(
            bound,
            MemoryStore() if store is None else store,
            key=options.pop("key", self.key),
            options=RuntimeOptions(live=live, **behaviour),
            **options,
        )


@pytest.fixture
def make() -> Make:
    return Make()
