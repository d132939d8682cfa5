"""What may say the message that an expression names, followed through names, loops, functions and graphs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tgl.ir import Reader
from tgl.semantics.fold import ABSENT
from tgl.semantics.lowering.alternatives import DEEPEST, Use, Written, definition, list_items, uses_of
from tgl.semantics.lowering.state import Env, Instance, State
from tgl.semantics.problems import Problems
from tgl.semantics.replies import read_reader
from tgl.semantics.roles import read_fn, read_role
from tgl.semantics.scope import FileScope, body_names, inner_names
from tgl.semantics.walk import names_in
from tgl.syntax import ast
from tgl.text import frozen

MOST_STEPS = 2000
"""Expressions that are looked at for one field; what is behind more of them is taken as not known."""

HANDED_ON = {
    "first": (0, ()),
    "last": (0, ()),
    "majority": (0, ()),
    "flat": (0, ()),
    "best": (0, ("drafts",)),
    "top": (0, ("drafts",)),
    "pick": (1, ("yes", "no")),
}
"""Functions whose value is what they are given: the place of the first such argument, the names of all such
ports. No names: every argument counts."""


@frozen
class Said:
    """One of the things that may say a message, and how that is read; None: it is not known.

    `deep`: what its parts hold is known, too.
    """

    what: str
    reader: Reader | None
    deep: bool = True


@frozen
class Sayings:
    """All that may say a message. `each`: every one of them may; else they are told apart by an index."""

    said: tuple[Said, ...]
    each: bool = True

    def map(self, change: Callable[[Reader], Reader | None]) -> Sayings:
        """The same for a part of the message."""
        found = [
            Said(one.what, None if one.reader is None or not one.deep else change(one.reader))
            for one in self.said
        ]
        return Sayings(tuple(found), self.each)


NOTHING = Sayings(())
UNKNOWN = Sayings((Said("", None),))


def inner(reader: Reader) -> Reader:
    """What a list holds, lists within it too: a field of a list is that of its items."""
    while reader.kind == "list" and reader.item is not None:
        reader = reader.item
    return reader


def parts(reader: Reader) -> dict[str, Reader | None]:
    """The fields and tags of a message by name."""
    held = inner(reader)
    return {**dict(held.fields), **dict(held.tags)}


def together(found: Iterable[Sayings], *, each: bool = True) -> Sayings:
    """What says one of several messages."""
    every = list(found)
    said = dict.fromkeys(one for part in every for one in part.said)
    return Sayings(tuple(said), each and all(part.each for part in every))


@dataclass(slots=True)
class Sayer:
    """Follows what is written, once for each field that is asked for.

    `around` are the carries that are being followed: their next values may name them again.
    """

    state: State
    steps: int = MOST_STEPS
    around: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])

    def sayings(self, env: Env, base: ast.Expr, depth: int = 0) -> Sayings:
        """What may say the message that an expression names."""
        self.steps -= 1
        if depth > DEEPEST or self.steps < 0:
            return UNKNOWN
        match base:
            case ast.Name(id=name):
                found = None if env.instance is None or name in env.index else env.instance.find(name)
                return UNKNOWN if found is None else self.of_item(*found, depth)
            case ast.Index(base=ast.Name(id=name), args=(ast.Arg(value=ast.Number(value=int() as number)),)):
                found = None if env.instance is None or name in env.index else env.instance.find(name)
                if found is not None and isinstance(found[1], ast.NodeStmt):
                    return self.of_node(found[0], found[1], depth, number)
                return self.sayings(env, base.base, depth + 1)
            case ast.Index(base=indexed):
                return self.sayings(env, indexed, depth + 1)
            case ast.Member(base=ast.Name(id=owner), name=name) if (
                inside := body_of(env, owner)
            ) is not None:
                body = self.body(*inside)
                return self.of_item(body, body.names.get(name), depth + 1)
            case ast.Member(base=whole, name=name):
                return self.part(env, whole, name, depth)
            case ast.ListExpr(items=items):
                return together((self.sayings(env, item, depth + 1) for item in items), each=False)
            case ast.Binary(op="+", left=left, right=right):
                return together((self.sayings(env, side, depth + 1) for side in (left, right)), each=False)
            case ast.Call(func=ast.Name(id=name), args=args):
                return self.of_call(env, name, [(arg, env) for arg in args], depth)
            case _:
                return UNKNOWN

    def part(self, env: Env, whole: ast.Expr, name: str, depth: int) -> Sayings:
        """A field of a message. A carry that is followed may hold parts of itself, which nobody can list."""
        around, self.around = self.around, []
        found = UNKNOWN if len(around) > DEEPEST else self.sayings(env, whole, depth + 1)
        self.around = around
        return found.map(lambda reader: parts(reader).get(name))

    def body(self, instance: Instance, statement: ast.Loop | ast.Each) -> Instance:
        """A round of a loop or map, to see what names mean in it."""
        known = instance.unrolled.get(statement.name)
        if known is not None and known.bodies:
            return known.bodies[0]
        names = body_names(statement.body)
        carried = [item.name for item in statement.body if isinstance(item, ast.Carry)]
        if isinstance(statement, ast.Each):
            names[statement.name] = statement
            carried.append(statement.name)
        return Instance(
            f"{instance.path}.{statement.name}",
            instance.graph,
            instance.scope,
            names,
            {},
            instance.has_model,
            outer=instance,
            bound=dict.fromkeys(carried, ABSENT),
        )

    def of_item(self, owner: Instance, item: object, depth: int) -> Sayings:
        """What may say the message of a node, an item of a map's list, or what a name stands for."""
        match item:
            case ast.NodeStmt():
                return self.of_node(owner, item, depth)
            case ast.Each(name=name, source=source) if name in owner.bound and owner.outer is not None:
                whole = self.sayings(Env(owner.scope, owner.outer), source, depth + 1)
                return whole.map(lambda reader: reader.item if reader.kind == "list" else reader)
            case ast.Carry():
                return self.of_carry(owner, item, depth)
            case ast.Let(is_function=False) | ast.Param():
                written, env, _ = definition(owner, item)
                return self.sayings(env, written, depth + 1)
            case _:
                return UNKNOWN

    def of_carry(self, body: Instance, carry: ast.Carry, depth: int) -> Sayings:
        """The first value of a carry, or the next one."""
        key = (id(carry), "" if body.outer is None else body.outer.path)
        if key in self.around:
            return NOTHING
        self.around.append(key)
        begun = self.sayings(Env(body.scope, body.outer), carry.first, depth + 1)
        goes_on = self.sayings(Env(body.scope, body), carry.then, depth + 1)
        self.around.remove(key)
        return together([begun, goes_on])

    def of_call(self, env: Env, name: str, args: Sequence[tuple[ast.Arg, Env]], depth: int) -> Sayings:
        """What a function of an expression hands on."""
        binding = env.scope.names.get(name)
        hidden = env.instance is not None and env.instance.find(name) is not None
        if hidden or binding is None or not isinstance(binding.decl, ast.Fn):
            return UNKNOWN
        return self.of_function(self.state.files.scopes[binding.home], binding.decl, args, depth)

    def of_function(
        self, scope: FileScope, fn: ast.Fn, args: Sequence[tuple[ast.Arg, Env]], depth: int
    ) -> Sayings:
        """What a function says: one of its arguments, or what its type is."""
        if scope.is_std and fn.name in HANDED_ON:
            first, names = HANDED_ON[fn.name]
            members = [
                self.sayings(env, arg.value, depth + 1)
                for place, (arg, env) in enumerate(args)
                if not names or arg.name in names or (arg.name is None and 0 <= place - first < len(names))
            ]
            return together(members, each=fn.name != "flat")
        if scope.is_std:
            typed = any(isinstance(variant, ast.RecordType) for variant in fn.type.variants)
            reader = read_reader(scope, fn.type, Problems()) if typed else None
            return Sayings((Said(fn.name, reader, deep=False),))
        read = read_fn(scope, fn, Problems())
        result = None if read is None or read.own is None else read.own.result
        return Sayings((Said(fn.name, result if isinstance(result, Reader) else None),))

    def of_node(self, owner: Instance, node: ast.NodeStmt, depth: int, number: int | None = None) -> Sayings:
        """What may say the message of a node, or of its replica with a number."""
        written = Written(node.what, Env(owner.scope, owner), None)
        items = list_items(self.state, written) if isinstance(node.what, ast.ListExpr) else None
        if items is None:
            uses = uses_of(self.state, written)
            return UNKNOWN if uses is None else self.of_uses(uses, owner, node, depth)
        if number is not None:
            items = items[number - 1 : number]
        found = [uses_of(self.state, item) for item in items]
        if None in found:
            return UNKNOWN
        said = [self.of_uses(uses, owner, node, depth) for uses in found if uses is not None]
        return together(said, each=len(items) == 1)

    def of_uses(self, uses: list[Use], owner: Instance, node: ast.NodeStmt, depth: int) -> Sayings:
        """What may say the message of a node that is one of several things."""
        said: list[Sayings] = []
        for use in uses:
            match use.decl:
                case ast.Role():
                    reader = read_role(use.scope, use.decl, Problems()).reader
                    said.append(Sayings((Said(use.decl.name, reader),)))
                case ast.Fn():
                    args = [(given.arg, given.env) for given in use.givens]
                    said.append(self.of_function(use.scope, use.decl, args, depth + 1))
                    if use.decl.name in HANDED_ON and is_fed(owner, node):
                        said.append(UNKNOWN)
                case ast.Graph():
                    output = self.of_graph(use, use.decl, depth)
                    readers = [one.reader for one in output.said] if output.each else [None]
                    said += [Sayings((Said(use.decl.name, reader),)) for reader in readers or [None]]
        return together(said)

    def of_graph(self, use: Use, graph: ast.Graph, depth: int) -> Sayings:
        """What may say the output of a graph."""
        output = next((item for item in graph.body if isinstance(item, ast.Output)), None)
        if output is None:
            return UNKNOWN
        given = {one.arg.name: one for one in use.givens if one.arg.name is not None}
        instance = Instance(graph.name, graph, use.scope, inner_names(graph), given, has_model=True)
        return self.sayings(Env(use.scope, instance), output.value, depth + 1)


def is_fed(owner: Instance, node: ast.NodeStmt) -> bool:
    """Whether an edge may bring a node more than its arguments."""
    ends = [
        found.id
        for item in owner.graph.body
        if isinstance(item, ast.Edge)
        for end in item.ends[1:]
        for found in names_in(end)
    ]
    return node.name in ends or owner.outer is not None


def body_of(env: Env, name: str) -> tuple[Instance, ast.Loop | ast.Each] | None:
    """The loop or map that a name means from outside."""
    found = None if env.instance is None or name in env.index else env.instance.find(name)
    if found is None or not isinstance(found[1], (ast.Loop, ast.Each)) or name in found[0].bound:
        return None
    return found[0], found[1]
