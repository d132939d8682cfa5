"""A candidate as a picture: what will run, one box for each node."""

from __future__ import annotations

from collections.abc import Iterator

from tgl.diagnostics import plural
from tgl.drawing.picture import Box, BoxKind, Frame, Link, Picture
from tgl.drawing.wires import parts
from tgl.drawing.words import broken, expr_text
from tgl.ir import MADE, CallNode, Candidate, Expr, FnNode, Input, ListOf, NodeRef, Op, RunNode

MOST_READERS = 12
"""As for programs: an input with more readers is linked only where nothing else leads to them."""


def candidate_picture(candidate: Candidate, name: str, what: str) -> Picture:
    """A candidate of the graph `name`; `what` says which one, for the description.

    Determinism: pure. Complexity: linear in the size of the candidate.
    """
    made = Made({node.id: node for node in candidate.nodes})
    boxes: list[Box] = []
    frames: dict[str, Frame] = {}
    links: list[Link] = []
    readers: dict[str, list[str]] = {}
    for node in candidate.nodes:
        if not made.is_drawn(node.id):
            continue
        frame = add_frames(frames, node.id)
        boxes.append(box(node, frame))
        for source, guard in made.wires(node):
            label = () if guard is None else broken([f"when {guard}"], width=30)
            link = Link(source, node.id, label)
            if source.startswith("?"):
                readers.setdefault(source, []).append(node.id)
            elif link not in links[-64:]:
                links.append(link)
    if not (isinstance(candidate.output, NodeRef) and candidate.output.id == f"{name}.output"):
        boxes.append(Box("?output", "output", "output", broken([output_text(candidate.output)])))
        links += [Link(source, "?output") for source in dict.fromkeys(made.ends(candidate.output))]
    fed = {link.target for link in links}
    for port, targets in readers.items():
        boxes.insert(0, Box(port, "input", port[1:]))
        kept = dict.fromkeys(targets)
        links += [Link(port, target) for target in kept if len(kept) <= MOST_READERS or target not in fed]
    description = f"{what} of the graph {name}, with {plural(len(candidate.calls), 'call')}."
    return Picture(name, description, tuple(boxes), tuple(frames.values()), tuple(links))


def add_frames(frames: dict[str, Frame], node: str) -> str | None:
    """The frames of the instances and rounds around a node; the innermost."""
    names = node.split(".")[1:-1]
    parent: str | None = None
    for depth, name in enumerate(names):
        home = "/" + ".".join(names[: depth + 1])
        frames.setdefault(home, Frame(home, name, parent=parent))
        parent = home
    return parent


def box(node: RunNode, frame: str | None) -> Box:
    """The box of a node: what runs, on which model, with which options."""
    title = node.id.rpartition(".")[2]
    guard = [] if node.guard is None else [f"when {expr_text(node.guard)}"]
    if isinstance(node, FnNode):
        kind: BoxKind = "output" if node.id.count(".") == 1 and title == "output" else "function"
        given = ", ".join(expr_text(value) for _, value in node.inputs)
        what = f": {node.fn.rpartition(':')[2]}({given})"
        return Box(node.id, kind, title, broken([what, *guard], most=6), (), frame)
    lines = broken([f": {node.role} on {node.model}", *options(node), *guard])
    return Box(node.id, "call", title, lines, (), frame)


def options(node: CallNode) -> Iterator[str]:
    """Decoding options that are set."""
    if node.temperature is not None:
        yield f"temperature {node.temperature:g}"
    if node.shots:
        yield f"{node.shots} shots"


def output_text(expr: Expr) -> str:
    """The output expression; nothing where it is a node's message."""
    return "" if isinstance(expr, NodeRef) else expr_text(expr)


class Made:
    """Nodes that lowering made are not drawn: wires go through them."""

    def __init__(self, nodes: dict[str, RunNode]) -> None:
        self.nodes = nodes
        self.known: dict[str, tuple[str, ...]] = {}

    def is_drawn(self, name: str) -> bool:
        """Whether a node stands in the program's text."""
        node = self.nodes[name]
        return not (isinstance(node, FnNode) and node.fn in MADE)

    def wires(self, node: RunNode) -> Iterator[tuple[str, str | None]]:
        """Where the messages of a node come from, with the condition on that wire; inputs begin with `?`."""
        for _, value in node.inputs:
            for item in value.items if isinstance(value, ListOf) else (value,):
                guard: str | None = None
                expr = item
                if isinstance(item, Op) and item.op == "when":
                    guard, expr = expr_text(item.args[0]), item.args[1]
                for source in dict.fromkeys(self.ends(expr)):
                    yield source, guard
        if node.guard is not None:
            for source in dict.fromkeys(self.ends(node.guard)):
                if not source.startswith("?"):
                    yield source, None

    def ends(self, expr: Expr) -> list[str]:
        """The drawn nodes and inputs that an expression reads."""
        found: list[str] = []
        for part in parts(expr):
            if isinstance(part, Input):
                found.append(f"?{part.port}")
            elif isinstance(part, NodeRef):
                found += [part.id] if self.is_drawn(part.id) else self.through(part.id)
        return found

    def through(self, name: str) -> tuple[str, ...]:
        """The drawn nodes behind a made one."""
        if name not in self.known:
            self.known[name] = ()
            node = self.nodes[name]
            exprs = [value for _, value in node.inputs] + ([] if node.guard is None else [node.guard])
            self.known[name] = tuple(dict.fromkeys(end for expr in exprs for end in self.ends(expr)))
        return self.known[name]
