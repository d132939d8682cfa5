"""The message of an edge that has a guard."""

import pytest

from tgl.ir import Const, Op
from tgl.stdfn import evaluate


class Nothing:
    def node(self, node: str) -> None:
        raise AssertionError(node)

    def field(self, port: str) -> None:
        raise AssertionError(port)


@pytest.mark.parametrize(("condition", "passed"), [(True, "told"), (False, None), (None, None)])
def test_a_guarded_message_is_absent_unless_its_guard_holds(
    condition: bool | None, passed: str | None
) -> None:
    expr = Op(op="when", args=(Const(value=condition), Const(value="told")))
    assert evaluate(expr, Nothing()) == passed
