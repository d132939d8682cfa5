"""Small programs as IR, made by hand: for tests of rooms that start from the IR."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tgl.ir import (
    Alternative,
    ChoiceKind,
    ChoicePoint,
    ChoiceRef,
    Const,
    Domain,
    EdgeTemplate,
    Expr,
    Flip,
    GraphTemplate,
    Group,
    Input,
    IntRange,
    ListOf,
    ModelName,
    ModelSpec,
    NodeRef,
    NodeTemplate,
    Op,
    Options,
    PortSpec,
    ProgramIR,
    Reader,
    TextPlace,
)

HERE = TextPlace(source="made by hand", start=0, end=0)


def text(value: bool | int | float | str | None) -> Const:
    """A literal."""
    return Const(value=value)


def ports(*names: str) -> tuple[PortSpec, ...]:
    """Ports from names: `question`, `drafts*` (list, optional), `drafts+` (list), `hint?` (optional)."""
    made: list[PortSpec] = []
    for name in names:
        kind = "list" if name[-1] in "*+" else "text"
        made.append(PortSpec(name=name.rstrip("*+?"), type=kind, optional=name[-1] in "*?"))
    return tuple(made)


def role(
    what: str,
    *names: str,
    key: str | None = None,
    args: Mapping[str, Expr] | None = None,
    fields: Mapping[str, Expr] | None = None,
) -> Alternative:
    """A role with a prompt and a temperature of 0.7 unless `fields` says otherwise."""
    settings: dict[str, Expr] = {"prompt": text("{{ question }}"), "temperature": text(0.7)}
    settings.update(fields or {})
    return Alternative(
        key=key or what,
        what=what,
        kind="role",
        ports=ports(*names),
        args=tuple((args or {}).items()),
        fields=tuple(settings.items()),
        reader=Reader(kind="answer"),
        place=HERE,
    )


def function(what: str, name: str, *names: str, args: Mapping[str, Expr] | None = None) -> Alternative:
    """A pure function under a registered name."""
    return Alternative(
        key=what,
        what=what,
        kind="fn",
        ports=ports(*names),
        args=tuple((args or {}).items()),
        fn=name,
        place=HERE,
    )


def nested(graph: GraphTemplate, *, args: Mapping[str, Expr] | None = None) -> Alternative:
    """A graph as an alternative; its key is its name."""
    return Alternative(
        key=graph.name,
        what=graph.name,
        kind="graph",
        ports=graph.ports,
        args=tuple((args or {}).items()),
        graph=graph,
        place=HERE,
    )


@dataclass(slots=True)
class GraphBuilder:
    """One graph instance in the making; choices are shared with the instances nested in it."""

    path: str
    inputs: tuple[str, ...] = ("question",)
    choices: list[ChoicePoint] = field(default_factory=list[ChoicePoint])
    groups: list[Group] = field(default_factory=list[Group])
    nodes: list[NodeTemplate] = field(default_factory=list[NodeTemplate])
    edges: list[EdgeTemplate] = field(default_factory=list[EdgeTemplate])

    def choice(self, name: str, kind: ChoiceKind, domain: Domain) -> ChoiceRef:
        """A choice at `path.name`."""
        address = f"{self.path}.{name}"
        self.choices.append(ChoicePoint(address=address, kind=kind, domain=domain, place=HERE))
        return ChoiceRef(address=address)

    def flip(self, name: str, p: float, kind: ChoiceKind = ChoiceKind.EDGE_IF) -> ChoiceRef:
        """A yes/no."""
        return self.choice(name, kind, Flip(p=p))

    def options(self, name: str, kind: ChoiceKind, options: Mapping[str, tuple[Expr, float]]) -> ChoiceRef:
        """A choice of named options with weights."""
        domain = Options(
            options=tuple(option for option, _ in options.values()),
            values=tuple(options),
            weights=tuple(weight for _, weight in options.values()),
        )
        return self.choice(name, kind, domain)

    def pool(self, name: str, *models: str) -> ChoiceRef:
        """A uniform choice of models."""
        return self.options(name, ChoiceKind.MODEL, {model: (ModelName(name=model), 1.0) for model in models})

    def input(self, port: str = "question") -> Input:
        """What arrives at a port of this instance."""
        return Input(instance=self.path, port=port)

    def ref(self, group: str, index: int | None = None) -> NodeRef:
        """A node of this instance."""
        return NodeRef(id=f"{self.path}.{group}" + ("" if index is None else f"[{index}]"))

    def whole(self, group: str) -> ListOf:
        """All replicas of a group."""
        members = next(known.members for known in self.groups if known.name == group)
        return ListOf(items=tuple(NodeRef(id=member) for member in members))

    def group(
        self,
        name: str,
        alternatives: Callable[[str], Sequence[Alternative]],
        *,
        count: tuple[int, int] | int | None = None,
        weights: Sequence[float] | None = None,
        on: Expr | Sequence[str] | None = None,
        guard: Callable[[int], Expr] | None = None,
        if_: Expr | None = None,
        permutable: bool = True,
    ) -> None:
        """A declared node. `alternatives` gets the node's local name; a `~` range is (low, high)."""
        counted: Expr | None = None
        if isinstance(count, tuple):
            domain = IntRange(low=count[0], high=count[1])
            counted = self.choice(f"{name}.count", ChoiceKind.COUNT, domain)
        elif count is not None:
            counted = text(count)
        size = 1 if count is None else count if isinstance(count, int) else count[1]
        members: list[str] = []
        for index in range(1, size + 1):
            local = name if count is None else f"{name}[{index}]"
            found = tuple(alternatives(local))
            exists: Expr = text(value=True)
            if isinstance(count, tuple) and counted is not None:
                exists = Op(op="<=", args=(text(index), counted))
            if if_ is not None:
                exists = if_
            self.nodes.append(
                NodeTemplate(
                    id=f"{self.path}.{local}",
                    group=name,
                    index=() if count is None else (index,),
                    exists=exists,
                    pick=self._pick(local, found, weights),
                    alternatives=found,
                    on=self._on(local, on),
                    guard=None if guard is None else guard(index),
                    place=HERE,
                )
            )
            members.append(f"{self.path}.{local}")
        self.groups.append(
            Group(
                name=name,
                members=tuple(members),
                count=counted,
                permutable=permutable and count is not None,
                place=HERE,
            )
        )

    def edge(
        self,
        source: Expr,
        target: NodeRef,
        port: str,
        *,
        exists: Expr | None = None,
        p: float | None = None,
        guard: Expr | None = None,
    ) -> None:
        """One edge into the alternatives of the target that have the port; with `p` it is a choice."""
        node = next(node for node in self.nodes if node.id == target.id)
        taking = [alt.key for alt in node.alternatives if any(spec.name == port for spec in alt.ports)]
        if p is not None:
            short = source.id.removeprefix(f"{self.path}.") if isinstance(source, NodeRef) else port
            flip = self.flip(f"{short}->{target.id.removeprefix(f'{self.path}.')}", p)
            exists = flip if exists is None else Op(op="and", args=(exists, flip))
        self.edges.append(
            EdgeTemplate(
                source=source,
                target=target.id,
                ports=tuple((key, port) for key in taking),
                exists=text(value=True) if exists is None else exists,
                guard=guard,
                place=HERE,
            )
        )

    def graph(self, output: Expr, name: str | None = None) -> GraphTemplate:
        """The finished instance."""
        return GraphTemplate(
            name=name or self.path,
            path=self.path,
            ports=ports(*self.inputs),
            groups=tuple(self.groups),
            nodes=tuple(self.nodes),
            edges=tuple(self.edges),
            output=output,
            place=HERE,
        )

    def program(self, output: Expr, models: Sequence[str] = ("small", "large")) -> ProgramIR:
        """The finished program."""
        specs = tuple(ModelSpec(name=model, provider="local", params=1e8) for model in models)
        return ProgramIR(graph=self.graph(output), models=specs, choices=tuple(self.choices))

    def _pick(self, local: str, found: Sequence[Alternative], weights: Sequence[float] | None) -> Expr:
        if len(found) == 1:
            return text(found[0].key)
        shares = weights or (1.0,) * len(found)
        named = {alt.key: (text(alt.key), share) for alt, share in zip(found, shares, strict=True)}
        return self.options(f"{local}.what", ChoiceKind.WHAT, dict(named))

    def _on(self, local: str, on: Expr | Sequence[str] | None) -> Expr | None:
        if on is None or not isinstance(on, Sequence):
            return on
        return ModelName(name=on[0]) if len(on) == 1 else self.pool(f"{local}.model", *on)
