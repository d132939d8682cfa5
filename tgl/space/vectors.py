"""Votes on answers that mean the same (the key `embedding`): the calls that make their vectors.

A candidate that counts answers gets, behind each role's reply that a vote may count, a call of the key's
model on the normal form of the answer; the vote then reads the reply with its vector. So vectors are calls
like others: foreseen, bounded, priced, on the clock of the run, and part of what the program costs where it
is deployed. A reply that can't be read, or did not come, has none.

A vote is `majority`, `agreement`, `lead`, or a comparison of two messages. What reaches one through other
functions is followed back to the replies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tgl.ir import (
    ANSWER_TEXT_FN,
    COMPARISONS,
    PYTHON_FN,
    VECTOR_ROLE,
    VOTES,
    WITH_VECTOR_FN,
    Alternative,
    CallNode,
    Candidate,
    Expr,
    Fn,
    FnNode,
    Input,
    KeySpec,
    ListOf,
    NodeRef,
    Op,
    PortSpec,
    ProgramIR,
    Reader,
    RunNode,
    graph_votes,
)
from tgl.keys import MOST_JUDGED
from tgl.space.reads import subexpressions
from tgl.space.tokens import PER_CONVERSATION, PER_MESSAGE, AskTokens

VECTOR_ASK = AskTokens(MOST_JUDGED + PER_CONVERSATION + PER_MESSAGE, 0)
"""The most tokens of a call for a vector."""


def vector_call(id_: str, model: str, text: Expr, guard: Expr | None = None) -> CallNode:
    """A call that makes the vector of a text; absent if the text is."""
    return CallNode(
        id=id_,
        role=VECTOR_ROLE,
        model=model,
        prompt="{{ text }}",
        system=None,
        ports=(PortSpec(name="text", type="text"),),
        inputs=(("text", text),),
        params=(),
        reader=Reader(kind="text"),
        shots=0,
        shots_source=None,
        temperature=0.0,
        top_p=None,
        max_tokens=0,
        stop=(),
        retry=0,
        guard=guard,
        draw=0,
    )


def vector_program(model: str) -> Candidate:
    """The program that makes the vector of the given field `text`."""
    node = vector_call("vector", model, Input(instance="", port="text"))
    return Candidate(nodes=(node,), output=NodeRef(id=node.id))


def with_vectors(candidate: Candidate, key: KeySpec | None) -> Candidate:
    """A candidate with the calls for the vectors that its votes need; itself if it needs none."""
    if key is None or key.embedder is None:
        return candidate
    counted = counted_nodes(candidate)
    answers = [node.id for node in candidate.calls if node.id in counted and node.reader.kind == "answer"]
    if not answers:
        return candidate
    meant = {name: vector_id(name) for name in answers}
    nodes: list[RunNode] = []
    for node in candidate.nodes:
        nodes.append(reading(node, meant, whole=node.id in counted))
        if node.id in meant:
            text = Fn(fn=ANSWER_TEXT_FN, args=(NodeRef(id=node.id),))
            nodes.append(vector_call(meant[node.id], key.embedder, text, nodes[-1].guard))
    return Candidate(nodes=tuple(nodes), output=meaning(candidate.output, meant))


def vector_id(node: str) -> str:
    """The name of the call for the vector of a node's answer: it belongs to the node's groups."""
    return f"{node}.vector"


def counted_nodes(candidate: Candidate) -> set[str]:
    """The nodes whose messages votes may count, those that only hand them on included."""
    nodes = {node.id: node for node in candidate.nodes}
    found: set[str] = set()
    waiting = [name for part in counted_parts(candidate) for name in refs(part)]
    while waiting:
        name = waiting.pop()
        if name not in found and name in nodes:
            found.add(name)
            node = nodes[name]
            if isinstance(node, FnNode) and not node.fn.startswith(PYTHON_FN):
                waiting += [other for _, expr in node.inputs for other in refs(expr)]
    return found


def counted_parts(candidate: Candidate) -> Iterator[Expr]:
    """The expressions whose messages are counted or compared."""
    for node in candidate.nodes:
        if isinstance(node, FnNode) and node.fn in VOTES:
            yield ListOf(items=tuple(expr for _, expr in node.inputs))
        for expr in (*(expr for _, expr in node.inputs), node.guard):
            if expr is not None:
                yield from votes_in(expr)
    yield from votes_in(candidate.output)


def votes_in(expr: Expr) -> Iterator[Expr]:
    """The votes in an expression."""
    for part in subexpressions(expr):
        match part:
            case Fn(fn=name) if name in VOTES:
                yield part
            case Op(op=op, args=args) if op in COMPARISONS and all(any(refs(arg)) for arg in args):
                yield part
            case _:
                pass


def refs(expr: Expr) -> list[str]:
    """The nodes that an expression reads."""
    return [part.id for part in subexpressions(expr) if isinstance(part, NodeRef)]


def reading(node: RunNode, meant: Mapping[str, str], *, whole: bool) -> RunNode:
    """A node whose votes read answers with their vectors; prompts show texts alone, and wait for no vector.

    `whole`: its messages are counted in other nodes.
    """
    guard = None if node.guard is None else meaning(node.guard, meant)
    if isinstance(node, CallNode):
        return node if guard is None else node.model_copy(update={"guard": guard})
    counts = (whole or node.fn in VOTES) and not node.fn.startswith(PYTHON_FN)
    inputs = tuple((port, meaning(expr, meant, whole=counts)) for port, expr in node.inputs)
    return node.model_copy(update={"guard": guard, "inputs": inputs})


def meaning(expr: Expr, meant: Mapping[str, str], *, whole: bool = False) -> Expr:
    """An expression whose votes read answers with their vectors; `whole`: all of it does."""
    inside = whole or any(part is expr for part in votes_in(expr))
    match expr:
        case NodeRef(id=name) if inside and name in meant:
            return Fn(fn=WITH_VECTOR_FN, args=(expr, NodeRef(id=meant[name])))
        case ListOf(items=items):
            return ListOf(items=tuple(meaning(item, meant, whole=inside) for item in items))
        case Op(op=op, args=args):
            return Op(op=op, args=tuple(meaning(arg, meant, whole=inside) for arg in args))
        case Fn(fn=name, args=args, named=named):
            return Fn(
                fn=name,
                args=tuple(meaning(arg, meant, whole=inside) for arg in args),
                named=tuple((port, meaning(arg, meant, whole=inside)) for port, arg in named),
            )
        case _:
            return expr


# What a program may need before it is decided.


def counts_votes(ir: ProgramIR) -> bool:
    """Whether a program under the key `embedding` may vote: then every answer counts with a vector."""
    return ir.task is not None and ir.task.key.embedder is not None and graph_votes(ir.graph)


def makes_answer(alternative: Alternative) -> bool:
    """Whether a node as this alternative is a call whose reply a vote may count."""
    return alternative.reader is not None and alternative.reader.kind == "answer"
