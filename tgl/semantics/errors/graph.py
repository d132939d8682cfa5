"""Nodes, wires, ports and outputs: E05."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tgl.diagnostics import Diagnostic, did_you_mean
from tgl.semantics.errors.at import At, error, listed, warning


def cycle(at: At, nodes: Sequence[str], *, definite: bool, also: Iterable[At] = ()) -> Diagnostic:
    """E0501: nodes that wait for each other; `nodes` begins and ends with the same name."""
    way = " → ".join(nodes)
    verb = "wait for each other" if definite else "may come to wait for each other"
    hint = (
        "remove one of the edges; what is to be repeated is a `loop`, or numbered replicas, `node x[rounds]`"
        if definite
        else "allow one direction only, `if i < j`, or only what closes no circle, `if acyclic`"
    )
    return error(
        "E0501",
        at,
        f"these nodes {verb}: {way}",
        "closes the circle",
        hint=hint,
        also=[a.label() for a in also],
    )


def missing_output(at: At, graph: str) -> Diagnostic:
    """E0502: a graph without `output`."""
    return error(
        "E0502",
        at,
        f"graph `{graph}` says nowhere what it answers",
        "no `output`",
        hint="end it with `output NODE`",
    )


def unknown_port(at: At, port: str, what: str, known: Sequence[str]) -> Diagnostic:
    """E0503: an edge into a port that is not there."""
    return error(
        "E0503",
        at,
        f"`{what}` has no port `{port}`",
        did_you_mean(port, known) or "unknown port",
        fixes=at.near(port, known),
        hint=f"its ports: {', '.join(known)}" if known else None,
    )


def which_port(at: At, what: str, ports: Sequence[str]) -> Diagnostic:
    """E0504: an edge that may mean several ports, or none (language.md G4)."""
    if not ports:
        return error(
            "E0504",
            at,
            f"`{what}` has no free port that could take this edge",
            "no port for it",
            hint="give it a port, such as `drafts: list?`",
        )
    return error(
        "E0504",
        at,
        f"this edge may go into {listed(ports)} of `{what}`",
        "which port?",
        hint=f"write the port: `-> node.{ports[0]}`",
    )


def unfed_port(at: At, node: str, port: str, what: str) -> Diagnostic:
    """E0505: a required port that nothing can ever feed."""
    return error(
        "E0505",
        at,
        f"nothing feeds the port `{port}` of node `{node}`",
        f"`{what}` needs `{port}`",
        hint=f"pass it, `{what}({port}: …)`, draw an `edge`, or make the port optional with `?`",
    )


def recursive_graph(at: At, path: Sequence[str]) -> Diagnostic:
    """E0506: a graph that contains itself."""
    return error("E0506", at, f"this graph contains itself: {' → '.join(path)}", "comes back to itself")


def index_range(at: At, index: int, name: str, most: int) -> Diagnostic:
    """E0507: a literal index that no replica can have."""
    hint = "the first item has the number 1; the last one that is there is `last(xs)`" if index < 1 else None
    return error("E0507", at, f"`{name}` has no item {index}", f"items are numbered 1 to {most}", hint=hint)


def overfed_port(at: At, node: str, port: str) -> Diagnostic:
    """E0508: several messages for a port that takes one."""
    return error(
        "E0508",
        at,
        f"port `{port}` of `{node}` takes one message, and several may arrive",
        "one more message",
        hint=f"declare the port as a list, `{port}: list`, or keep one edge",
    )


def not_given(at: At, port: str, task: str, given: Sequence[str]) -> Diagnostic:
    """E0509: an input of the graph that the task has not."""
    return error(
        "E0509",
        at,
        f"task `{task}` gives no `{port}`",
        did_you_mean(port, given) or "not given",
        hint=f"the task gives {listed(given)}; make the input optional with `?`, or add it to `given`",
    )


def which_graph(at: At, graphs: Sequence[str]) -> Diagnostic:
    """E0510: no graph to run, or several and none named."""
    message = (
        "this program has no graph to run"
        if not graphs
        else f"which graph is to run? There are {listed(graphs)}"
    )
    hint = (
        "declare one: `graph solve(question) { … }`"
        if not graphs
        else "name it with `--graph`, or write an `optimize` block"
    )
    return error("E0510", at, message, "one of them" if graphs else "no `graph` in this file", hint=hint)


def no_such_graph(at: At, name: str, graphs: Sequence[str]) -> Diagnostic:
    """E0510: a graph was asked for by a name that none has; `at` is the first that there is."""
    return error(
        "E0510",
        at,
        f"no graph named `{name}` in this file",
        did_you_mean(name, graphs) or "this is a graph",
        hint=f"the graphs of this file: {listed(graphs)}",
    )


def not_an_end(at: At, what: str) -> Diagnostic:
    """E0511: an edge from or to something that is no node."""
    return error("E0511", at, f"an edge runs between nodes, and this is {what}", "no node")


def needs_index(at: At, name: str, dims: int, field: str | None = None) -> Diagnostic:
    """E0512: a wrong number of indices; `field` is a text that stands in their place."""
    many = "no index" if dims == 0 else f"{dims} ind{'ex' if dims == 1 else 'ices'}"
    hint = None if field is None else f"a field is read with a dot: `{name}.{field}`"
    return error("E0512", at, f"`{name}` takes {many}", "wrong number of indices", hint=hint)


def cannot_take_edge(at: At, alternative: str, node: str) -> Diagnostic:
    """E0513: an alternative without a port for an edge that is always there (language.md G13)."""
    return error(
        "E0513",
        at,
        f"if node `{node}` is `{alternative}`, it has no port for this edge",
        "cannot be taken",
        hint=f"give `{alternative}` a port `drafts: list?`, or write `if … is …`",
    )


def not_one_message(at: At, graph: str) -> Diagnostic:
    """E0514: a graph for a task that answers with a list."""
    return error(
        "E0514",
        at,
        f"graph `{graph}` answers with several messages, and a task needs one",
        "a list",
        hint="reduce it: `output majority(…)`",
    )


def too_large(at: At, most: int, what: str = "nodes") -> Diagnostic:
    """E0515: more nodes or edges than can be handled."""
    return error(
        "E0515",
        at,
        f"this program may have more than {most} {what}",
        "too many replicas",
        hint="lower the largest count",
    )


def too_expanded(at: At, graph: str, nodes: int, most: int, way: str) -> Diagnostic:
    """E0515: graphs that use graphs, which come to more nodes than can be handled."""
    count = str(nodes) if nodes < 10**9 else f"{float(nodes):.0e}" if nodes < 10**300 else "countless"
    return error(
        "E0515",
        at,
        f"`{graph}` comes to at least {count} nodes, more than {most} in the graphs that it uses: {way}",
        "multiplies",
        hint="a graph is written out for each node that is one; share a node, or lower a count",
    )


def too_deep(at: At, what: str) -> Diagnostic:
    """E0518: definitions that lead through more others than can be followed."""
    return error(
        "E0518",
        at,
        f"{what} leads through too many others",
        "nested too deeply",
        hint="write some of them out",
    )


def unknown_index(at: At, name: str, known: Sequence[str]) -> Diagnostic:
    """E0516: a name of several letters in brackets that nothing declares (language.md G6)."""
    return error(
        "E0516",
        at,
        f"`{name}` is neither declared nor an index",
        did_you_mean(name, known) or "not declared",
        fixes=at.near(name, known),
        hint="an index of an edge has one letter: `edge a[i] -> b[j]`",
    )


def never_satisfied(at: At) -> Diagnostic:
    """E0519: a `require` that no candidate can satisfy."""
    return error(
        "E0519",
        at,
        "no program can satisfy this `require`",
        "never holds",
        hint="an index stands for each replica that there is; `any(…)` asks for one of them",
    )


def no_alternative(at: At, node: str, reasons: Sequence[str]) -> Diagnostic:
    """E0517: a node of which no alternative can ever be fed."""
    return error(
        "E0517",
        at,
        f"no alternative of node `{node}` can be fed",
        "; ".join(reasons),
        hint="draw an edge to it, or pass an argument",
    )


def dead_node(at: At, node: str) -> Diagnostic:
    """W0501: a node that never reaches the output."""
    return warning(
        "W0501",
        at,
        f"node `{node}` never reaches the output, so it is never run",
        "not run",
        hint="use it, or remove it",
    )


def same_edge(at: At, edge: str, first: At) -> Diagnostic:
    """W0503: an edge that is drawn twice (language.md G9)."""
    return warning(
        "W0503",
        at,
        f"the edge {edge} is drawn twice",
        "again",
        also=[first.label("first here")],
        hint="remove one of them",
    )


def bare_loop(at: At, name: str) -> Diagnostic:
    """E0307: a loop where one of its members is meant."""
    return error(
        "E0307",
        at,
        f"`{name}` is a loop; a message of it is named with a dot",
        "is a loop",
        hint=f"write `{name}.NAME`: what it carries, or a node of its last round",
    )


def not_in_a_body(at: At, statement: str) -> Diagnostic:
    """E0520: a statement that belongs to the graph, inside of a loop or map."""
    return error(
        "E0520",
        at,
        f"`{statement}` stands inside of a loop or map",
        "belongs to the graph",
        hint="write it before the loop or map",
    )
