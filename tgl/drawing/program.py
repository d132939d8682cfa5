"""A program with its choice points as a picture: one box for each `node`, in the words of the text.

Replicas are one box, the rounds of a loop one frame. What lowering makes for itself is left out, and the
wires through it are drawn from end to end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tgl.diagnostics import plural
from tgl.drawing.picture import Box, BoxKind, Frame, Link, Picture
from tgl.drawing.wires import Wires, parts
from tgl.drawing.words import broken, distribution, percent
from tgl.ir import (
    ChoiceKind,
    ChoicePoint,
    ChoiceRef,
    Const,
    EdgeTemplate,
    Flip,
    GraphTemplate,
    Group,
    NodeRef,
    NodeTemplate,
    Options,
    ProgramIR,
    TextPlace,
)
from tgl.syntax import ast

MOST_READERS = 12
"""More readers of an input than this are linked only where nothing else leads to them."""


def program_picture(ir: ProgramIR, modules: Mapping[str, ast.Module]) -> Picture:
    """The space of a program.

    Args:
        ir: the program.
        modules: its files by name of their source.

    Determinism: pure. Complexity: linear in the size of the IR.
    """
    drawing = Drawing(ir, Texts(modules))
    drawing.graph(ir.graph, None)
    drawing.settings()
    count = plural(len(ir.choices), "choice")
    calls = sum(box.kind == "call" for box in drawing.boxes)
    return Picture(
        ir.graph.name,
        f"The graph {ir.graph.name} with {calls} call nodes and {count}.",
        tuple(drawing.boxes),
        tuple(drawing.frames),
        tuple(drawing.links),
    )


@dataclass(slots=True)
class Texts:
    """The statements of the program's files, by place."""

    modules: Mapping[str, ast.Module]
    found: dict[tuple[str, int], ast.Stmt] = field(default_factory=dict[tuple[str, int], ast.Stmt])

    def __post_init__(self) -> None:
        for name, module in self.modules.items():
            for decl in module.decls:
                if isinstance(decl, ast.Graph):
                    for statement in statements(decl.body):
                        self.found[name, statement.span.start] = statement

    def text(self, source: str, node: ast.Node) -> str:
        """What is written there, on one line."""
        return self.at(TextPlace(source=source, start=node.span.start, end=node.span.end))

    def at(self, place: TextPlace) -> str:
        """What is written at a place, on one line."""
        return " ".join(self.modules[place.source].source.text[place.start : place.end].split())

    def statement(self, place: TextPlace) -> ast.Stmt | None:
        """The statement that begins at a place."""
        return self.found.get((place.source, place.start))


def statements(body: Sequence[ast.Stmt]) -> Iterator[ast.Stmt]:
    """The statements of a body and of those in it."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.Loop | ast.Each):
            yield from statements(statement.body)


@dataclass(slots=True)
class Drawing:
    """The picture as it grows. `told` holds the choices that stand in a box already."""

    ir: ProgramIR
    texts: Texts
    boxes: list[Box] = field(default_factory=list[Box])
    frames: list[Frame] = field(default_factory=list[Frame])
    links: list[Link] = field(default_factory=list[Link])
    told: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    by_place: dict[tuple[str, int], list[ChoicePoint]] = field(
        default_factory=dict[tuple[str, int], list[ChoicePoint]]
    )
    points: dict[str, ChoicePoint] = field(default_factory=dict[str, ChoicePoint])

    def __post_init__(self) -> None:
        for point in self.ir.choices:
            self.by_place.setdefault((point.place.source, point.place.start), []).append(point)
            self.points[point.address] = point

    # --- graphs

    def graph(self, graph: GraphTemplate, frame: str | None) -> None:
        """Draw a graph instance into a frame, with a box for its output unless a node has the name."""
        homes = {group.name: self.group(graph, group, frame) for group in graph.groups if not group.made}
        homes = {name: home for name, home in homes.items() if home is not None}
        owners = {member: homes.get(group.name) for group in graph.groups for member in group.members}
        wires = Wires(graph, owners)
        wires.find()
        for (source, target), back in wires.fixed.items():
            self.links.append(Link(source, target, back=back))
        for (source, target, _), edges in wires.chosen.items():
            link = self.edge(source, target, edges, back=wires.leads_back(edges))
            if source == target:
                self.tell(source, self.texts.at(edges[0].place), link.label[-1:])
            else:
                self.links.append(link)
        whole = graph.output
        if isinstance(whole, NodeRef) and whole.id == f"{graph.path}.output":
            inputs_drawn = wires.readers
        else:
            home = f"{graph.path}?output"
            self.boxes.append(Box(home, "output", "output", frame=frame))
            for source in wires.sources(whole):
                self.links.append(Link(source, home))
            inputs_drawn = wires.readers
        fed = {link.target for link in self.links}
        for port in graph.ports:
            readers = [home for home in dict.fromkeys(inputs_drawn.get(port.name, ())) if home]
            if not readers and frame is not None:
                continue
            home = f"{graph.path}?{port.name}"
            self.boxes.append(Box(home, "input", port.name, frame=frame))
            for reader in readers:
                if len(readers) <= MOST_READERS or reader not in fed:
                    self.links.append(Link(home, reader))

    def group(self, graph: GraphTemplate, group: Group, frame: str | None) -> str | None:
        """Draw a declared node once; its box or frame, the same for all rounds."""
        nodes = {node.id: node for node in graph.nodes}
        first = nodes.get(group.members[0]) if group.members else None
        if first is None:
            return None
        home = f"{graph.path}.{'.'.join((*group.body, group.local))}"
        if any(drawn.id == home for drawn in (*self.frames, *self.boxes)):
            return home
        holder = self.holder(graph, group, frame)
        title, lines = self.words(group)
        chances = self.chances(group.place)
        inner = [alternative for alternative in first.alternatives if alternative.graph is not None]
        if not inner:
            self.boxes.append(Box(home, box_kind(first), title, lines, chances, holder))
            return home
        if len(first.alternatives) == 1:
            chances += self.params(first.alternatives[0].graph)
        self.frames.append(Frame(home, title, lines, chances, holder))
        for alternative in first.alternatives:
            if alternative.graph is None:
                kind: BoxKind = "call" if alternative.kind == "role" else "function"
                self.boxes.append(Box(f"{home}?{alternative.key}", kind, alternative.key, frame=home))
            elif len(first.alternatives) == 1:
                self.graph(alternative.graph, home)
            else:
                part = f"{home}?{alternative.key}"
                own = self.params(alternative.graph)
                self.frames.append(Frame(part, alternative.key, chances=own, parent=home))
                self.graph(alternative.graph, part)
        return home

    def params(self, graph: GraphTemplate | None) -> tuple[str, ...]:
        """The parameters of an instance that the search chooses."""
        lines: list[str] = []
        for (source, start), points in self.by_place.items():
            address = points[0].address.rpartition(".")[0]
            is_own = graph is not None and address == graph.address and points[0].kind is ChoiceKind.PARAM
            if is_own and (source, start) not in self.told:
                self.told.add((source, start))
                lines.append(self.chance(points))
        return broken(lines)

    def holder(self, graph: GraphTemplate, group: Group, frame: str | None) -> str | None:
        """The frame of a node: that of the innermost loop around it, drawn when it is first met."""
        held = frame
        for depth in range(len(group.body)):
            home = f"{graph.path}.{'.'.join(group.body[: depth + 1])}?body"
            if all(drawn.id != home for drawn in self.frames):
                self.frames.append(self.loop(home, group, depth, held))
            held = home
        return held

    def loop(self, home: str, group: Group, depth: int, parent: str | None) -> Frame:
        """The frame of a loop or map."""
        name = group.body[depth]
        source = group.place.source
        found = next(
            (
                statement
                for (where, _), statement in self.texts.found.items()
                if where == source
                and isinstance(statement, ast.Loop | ast.Each)
                and statement.name == name
                and statement.span.start <= group.place.start < statement.span.end
            ),
            None,
        )
        if found is None:
            return Frame(home, name, parent=parent)
        dims = dims_text(self.texts, source, found.dims)
        lines: list[str] = []
        chances: list[str] = []
        if isinstance(found, ast.Each):
            lines.append(f"in {self.texts.text(source, found.source)}")
        for part in (*found.dims, *found.body):
            if isinstance(part, ast.Carry | ast.Until | ast.Keep):
                lines.append(self.texts.text(source, part))
            if isinstance(part, ast.Carry | ast.Until | ast.Keep | ast.Dim):
                place = TextPlace(source=source, start=part.span.start, end=part.span.end)
                chances += self.chances(place)
        kind = "loop" if isinstance(found, ast.Loop) else "each"
        return Frame(home, f"{kind} {name}{dims}", broken(lines), tuple(chances), parent)

    # --- words

    def words(self, group: Group) -> tuple[str, tuple[str, ...]]:
        """Title and lines of a node: its statement, clause by clause."""
        place = group.place
        match self.texts.statement(place):
            case ast.NodeStmt() as node:
                lines = [f": {self.texts.text(place.source, node.what)}"]
                lines += [self.texts.text(place.source, clause) for clause in node.clauses]
                return f"{node.name}{dims_text(self.texts, place.source, node.dims)}", broken(lines)
            case ast.Output() as output:
                return "output", broken([self.texts.text(place.source, output.value)])
            case _:
                return group.local, broken([self.texts.at(place)])

    def chances(self, place: TextPlace) -> tuple[str, ...]:
        """The choices that stand in a place, each with its distribution."""
        lines: list[str] = []
        for (source, start), points in self.by_place.items():
            at = points[0].place
            if source == place.source and place.start <= start and at.end <= place.end:
                self.told.add((source, start))
                lines.append(self.chance(points))
        return broken(lines)

    def chance(self, points: Sequence[ChoicePoint]) -> str:
        """One `~` and what it may become; of a long text the options alone."""
        written = self.texts.at(points[0].place)
        copies = f" ({len(points)} copies)" if len(points) > 1 else ""
        domains = list(dict.fromkeys(distribution(point.domain) for point in points))
        shown = " or ".join(domains[:2]) + (" …" if len(domains) > 2 else "")
        if len(written) > 24 or isinstance(points[0].domain, Options):
            written = "~"  # its options say as much
        name = ""
        if points[0].kind is ChoiceKind.PARAM:
            name = f"{points[0].address.rpartition('.')[2]} "
        return f"{name}{written} {shown}{copies}"

    def edge(self, source: str, target: str, edges: Sequence[EdgeTemplate], *, back: bool) -> Link:
        """The edges of one statement between two declared nodes."""
        place = edges[0].place
        statement = self.texts.statement(place)
        written = (
            [self.texts.text(place.source, clause) for clause in statement.clauses]
            if isinstance(statement, ast.Edge)
            else []
        )
        flips: dict[str, float] = {}
        for edge in edges:
            for part in parts(edge.exists):
                if isinstance(part, ChoiceRef) and part.address in self.points:
                    point = self.points[part.address]
                    self.told.add((point.place.source, point.place.start))
                    if isinstance(point.domain, Flip):
                        flips[part.address] = point.domain.p
        if flips:
            shares = " or ".join(dict.fromkeys(percent(p) for p in flips.values()))
            many = len(edges) > 1
            each = (
                f"~ {len(edges)} edges, each {shares}"
                if len(flips) > 1
                else f"~ {len(edges)} edges together, {shares}"
            )
            written.append(each if many else f"~ yes {shares}")
        asked = (
            any(clause.kind == "if" for clause in statement.clauses)
            if isinstance(statement, ast.Edge)
            else False
        )
        chance = bool(flips) or (asked and any(edge.exists != Const(value=True) for edge in edges))
        return Link(source, target, broken(written, width=30), chance, back)

    def tell(self, home: str, line: str, chances: tuple[str, ...]) -> None:
        """Say in a node's box what wires run between its own replicas."""
        for place, box in enumerate(self.boxes):
            if box.id == home:
                lines = (*box.lines, *broken([line]))
                self.boxes[place] = replace(box, lines=lines, chances=(*box.chances, *chances))
        for place, frame in enumerate(self.frames):
            if frame.id == home:
                lines = (*frame.lines, *broken([line]))
                self.frames[place] = replace(frame, lines=lines, chances=(*frame.chances, *chances))

    def settings(self) -> None:
        """A box for the choices that stand in no node or edge: parameters, values, settings of roles."""
        lines = [
            self.chance(points)
            if points[0].kind is ChoiceKind.PARAM
            else f"{points[0].address.removeprefix(f'{self.ir.graph.path}.')} {self.chance(points)}"
            for place, points in self.by_place.items()
            if place not in self.told
        ]
        if lines:
            self.boxes.append(Box("?choices", "note", "other choices", chances=broken(lines, most=24)))


def dims_text(texts: Texts, source: str, dims: Sequence[ast.Dim]) -> str:
    """`[~1..4]`, or nothing."""
    return f"[{', '.join(texts.text(source, dim) for dim in dims)}]" if dims else ""


def box_kind(node: NodeTemplate) -> BoxKind:
    if node.id.endswith(".output"):
        return "output"
    return "call" if any(alternative.kind == "role" for alternative in node.alternatives) else "function"
