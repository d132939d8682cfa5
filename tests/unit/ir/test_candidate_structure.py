"""The structure, written node by node, against its definition: the dump with places for names."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tgl.ir import CallNode, Candidate, Const, Fn, FnNode, Input, ListOf, NodeRef, Op, PortSpec, Reader

CALL = CallNode(
    id="a",
    role="r",
    model="m",
    prompt="{{ question }}",
    system=None,
    ports=(PortSpec(name="question", type="text"),),
    inputs=(("question", Input(instance="g", port="question")),),
    params=(),
    reader=Reader(kind="number", low=0, high=10),
    shots=0,
    shots_source=None,
    temperature=0.7,
    top_p=None,
    max_tokens=16,
    stop=("\n",),
    retry=0,
    guard=None,
    draw=0,
)


def defined(candidate):
    """The definition: the whole dump, ids as places, implied settings left out."""
    places = {node.id: place for place, node in enumerate(candidate.nodes)}

    def numbered(value):
        match value:
            case dict():
                return {
                    key: places.get(item, item) if key == "id" else numbered(item)
                    for key, item in value.items()
                    if (key, item) != ("on_failure", "fail")
                }
            case list():
                return [numbered(item) for item in value]
            case _:
                return value

    return json.dumps(numbered(candidate.model_dump(mode="json")), sort_keys=True, separators=(",", ":"))


leaves = st.one_of(
    st.builds(NodeRef, id=st.sampled_from(["a", "b", "ü", "nobody"])),
    st.builds(
        Const, value=st.one_of(st.booleans(), st.integers(-3, 3), st.floats(allow_nan=False), st.text())
    ),
    st.builds(Input, instance=st.just("g"), port=st.text(max_size=3)),
)
exprs = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.builds(ListOf, items=st.lists(parts, max_size=3).map(tuple)),
        st.builds(Op, op=st.sampled_from(["and", "<", "when"]), args=st.lists(parts, max_size=3).map(tuple)),
        st.builds(
            Fn,
            fn=st.sampled_from(["std.reduce:first", "é"]),
            args=st.lists(parts, max_size=2).map(tuple),
            named=st.lists(st.tuples(st.sampled_from(["by", "sep"]), parts), max_size=2).map(tuple),
        ),
    ),
    max_leaves=6,
)
scalars = st.sampled_from([True, 1, 1.0, 0.0, -0.0, None, "1"])


@st.composite
def candidates(draw):
    def changed(name):
        return CALL.model_copy(
            update={
                "id": name,
                "guard": draw(st.none() | exprs),
                "params": draw(st.lists(st.tuples(st.just("n"), scalars), max_size=1).map(tuple)),
                "temperature": draw(st.sampled_from([0.0, -0.0, 0.7, None])),
                "draw": draw(st.integers(0, 3)),
                "on_failure": draw(st.sampled_from(["fail", "absent"])),
            }
        )

    inputs = draw(st.lists(st.tuples(st.just("xs"), exprs), max_size=2).map(tuple))
    fn = FnNode(id="b", fn="std.reduce:majority", inputs=inputs, guard=draw(st.none() | exprs))
    return Candidate(nodes=(changed("a"), changed("ü"), fn), output=draw(exprs))


@given(candidates())
def test_the_structure_is_the_dump_with_places_for_names(candidate):
    assert candidate.structure == defined(candidate)


@pytest.mark.parametrize("other", [True, 1.0, "1", None])
def test_parameters_that_are_equal_but_not_the_same_make_other_candidates(other):
    pairs = [(1, other), (other, 1), (1, 1), (other, other)]
    structures = {
        Candidate(
            nodes=tuple(
                CALL.model_copy(update={"id": name, "params": (("n", value),)})
                for name, value in zip("ab", pair, strict=True)
            ),
            output=NodeRef(id="b"),
        ).structure
        for pair in pairs
    }
    assert len(structures) == len(pairs)
