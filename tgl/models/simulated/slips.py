"""Programs with one slip: what a model that is nearly right writes."""

from __future__ import annotations

import ast

from tgl.models.simulated.chance import uniform

MOST = 8
"""Slips of a program that are kept."""
NOTHING = "pass  # unfinished"
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
}
COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


def slips(program: str) -> tuple[str, ...]:
    """Programs that differ in an operator, a comparison, a constant or a returned value; at least one.

    Some may pass the tests all the same; the tests decide.
    """
    try:
        places = len(list(ast.walk(ast.parse(program))))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return (NOTHING,)
    found: dict[str, None] = {}
    for place in range(places):
        tree = ast.parse(program)
        if slipped(list(ast.walk(tree))[place]):
            found[ast.unparse(tree)] = None
    found.pop(ast.unparse(ast.parse(program)), None)
    return tuple(sorted(found, key=lambda text: uniform("slip", text))[:MOST]) or (NOTHING,)


def slipped(node: ast.AST) -> bool:
    """Change one node, if it is one in which slips happen."""
    match node:
        case ast.BinOp(op=op) if type(op) in ARITHMETIC:
            node.op = ARITHMETIC[type(op)]()
        case ast.Compare(ops=[op, *rest]) if type(op) in COMPARED:
            node.ops = [COMPARED[type(op)](), *rest]
        case ast.Constant(value=bool(value)):
            node.value = not value
        case ast.Constant(value=int(value)):
            node.value = value + 1
        case ast.Return(value=ast.expr()):
            node.value = ast.Constant(value=None)
        case _:
            return False
    return True
