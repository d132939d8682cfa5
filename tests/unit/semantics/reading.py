"""An IR in words, for golden files."""

from __future__ import annotations

from tgl.ir import (
    Alternative,
    ChoicePoint,
    ChoiceRef,
    Const,
    Expr,
    Flip,
    FloatRange,
    Fn,
    GraphTemplate,
    Input,
    IntRange,
    Is,
    ListOf,
    ModelName,
    ModelOf,
    NodeRef,
    Op,
    Options,
    ProgramIR,
    WhatName,
)


def shown(expr: Expr) -> str:
    match expr:
        case Const(value=str(text)):
            return repr(text)
        case Const(value=value):
            return str(value).lower() if isinstance(value, bool) else str(value)
        case ModelName(name=name) | WhatName(name=name):
            return name
        case ListOf(items=items):
            return f"[{', '.join(map(shown, items))}]"
        case ChoiceRef(address=address):
            return f"~{address}"
        case Input(instance=instance, port=port):
            return f"<{instance}:{port}"
        case NodeRef(id=name):
            return f"@{name}"
        case Op(op="not" | "neg" | "holds" as op, args=(arg,)):
            return f"({op} {shown(arg)})"
        case Op(op=op, args=args):
            return f"({f' {op} '.join(map(shown, args))})"
        case Fn(fn=fn, args=args, named=named):
            return f"{fn}({', '.join([*map(shown, args), *(f'{k}: {shown(v)}' for k, v in named)])})"
        case Is(node=node, what=what):
            return f"(@{node} is {what})"
        case ModelOf(node=node):
            return f"model_of(@{node})"


def domain(point: ChoicePoint) -> str:
    match point.domain:
        case Options(options=options, weights=weights, values=values):
            equal = len(set(weights)) == 1
            return ", ".join(
                shown(option) + ("" if equal else f": {weight:g}")
                for option, weight, _ in zip(options, weights, values, strict=True)
            )
        case IntRange(low=low, high=high) | FloatRange(low=low, high=high):
            return f"{low}..{high}"
        case Flip(p=p):
            return f"yes {p:g}"


def alternative(found: Alternative, indent: str) -> list[str]:
    args = ", ".join(f"{name}: {shown(value)}" for name, value in found.args)
    skip = ("prompt", "system", "max_tokens", "retry")
    fields = ", ".join(f"{name}={shown(value)}" for name, value in found.fields if name not in skip)
    lines = [
        f"{indent}{found.key} = {found.kind} {found.fn or found.what}({args})"
        + (f" {{{fields}}}" if fields else "")
    ]
    if found.graph is not None:
        lines += graph(found.graph, indent + "  ")
    return lines


def graph(found: GraphTemplate, indent: str = "") -> list[str]:
    lines = [f"{indent}graph {found.path}"]
    for group in found.groups:
        if group.count is not None:
            lines.append(
                f"{indent}  group {group.name} x {shown(group.count)}"
                + ("" if group.permutable else " in order")
            )
    for node in found.nodes:
        clauses = [
            "" if len(node.alternatives) == 1 else f" pick {shown(node.pick)}",
            "" if node.on is None else f" on {shown(node.on)}",
            "" if node.guard is None else f" when {shown(node.guard)}",
            "" if node.exists == Const(value=True) else f" if {shown(node.exists)}",
        ]
        lines.append(f"{indent}  node {node.id}{''.join(clauses)}")
        for each in node.alternatives:
            lines += alternative(each, indent + "    ")
    for edge in found.edges:
        ports = (
            sorted({port for _, port in edge.ports})
            if len({p for _, p in edge.ports}) == 1
            else [str(edge.ports)]
        )
        takers = "/".join(key for key, _ in edge.ports)
        when = "" if edge.guard is None else f" when {shown(edge.guard)}"
        exists = "" if edge.exists == Const(value=True) else f" if {shown(edge.exists)}"
        lines.append(
            f"{indent}  edge {shown(edge.source)} -> {edge.target}.{ports[0]} ({takers}){when}{exists}"
        )
    lines.append(f"{indent}  output {shown(found.output)}")
    return lines


def summary(ir: ProgramIR) -> str:
    lines = graph(ir.graph)
    lines.append(f"models {', '.join(model.name for model in ir.models)}")
    lines += [f"{point.kind.value} ~{point.address}: {domain(point)}" for point in ir.choices]
    return "\n".join(lines) + "\n"
