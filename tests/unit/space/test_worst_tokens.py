"""Bounds on prompts never fall short of what Jinja renders."""

import pytest
from jinja2 import Environment

from tgl.ir import Op
from tgl.space import Unbounded, calls_bound, resolve, sample, worst_case, worst_tokens
from tgl.space.sizes import Size, template_size
from tgl.space.streams import Stream
from tgl.testing.ir_builder import GraphBuilder, function, role, text

VALUES = {
    "question": "Wie groß ist 𝟙 + 𝟙?",
    "drafts": ["zwei", "𝟚𝟚𝟚", ""],
    "hint": "ß" * 9,
    "style": "short",
}
SIZES = {
    "question": Size(len(VALUES["question"].encode())),
    "drafts": Size(max(len(item.encode()) for item in VALUES["drafts"]), 3),
    "hint": Size(18),
    "style": Size(5),
}


@pytest.mark.parametrize(
    "template",
    [
        "{{ question }}\n{{ question }} ü",
        "{% for d in drafts %}Attempt {{ loop.index }}: {{ d }} {{ hint }}\n{% else %}none{% endfor %}",
        "{% if drafts %}{{ drafts | join(' | ') }}{% elif hint %}{{ hint }}{% else %}-{% endif %}",
        "{% set x = 'a' %}{% if drafts %}{% set x = hint %}{% endif %}{{ x }}{{ x }}{{ x }}",
        "{% set all = question ~ hint %}{{ all }}{{ all }}{{ drafts | length }}",
        "{{ hint | upper }}{{ question | trim }}{{ drafts[0] }}{{ drafts[:2] | join }}",
        "{{ question if hint else drafts[0] }}{{ hint | default('none') }}{{ style + hint }}",
    ],
)
def test_a_bound_covers_the_rendered_text(template: str) -> None:
    rendered = Environment().from_string(template).render(**VALUES)
    bound = template_size("p", template, SIZES)
    assert len(rendered.encode()) <= bound <= 6 * len(rendered.encode()) + 100


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ question | center(500) }}", "center"),
        ("{{ nowhere }}", "nowhere"),
        ("{{ question * 99 }}", "mul"),
        ("{% for c in question %}x{% endfor %}", "no list"),
        ("{{ drafts }}", "whole list"),
        ("{% if %}", "not a template"),
        ("{% include 'x' %}", "include"),
    ],
)
def test_what_has_no_bound_says_so(template: str, reason: str) -> None:
    with pytest.raises(Unbounded, match=reason):
        template_size("p", template, SIZES)


def chain(**fields: object) -> GraphBuilder:
    b = GraphBuilder("g", ("question", "kind"))
    settings = {"max_tokens": text(10), "retry": text(2)} | fields
    args = {"question": b.input()}
    b.group("a", lambda _: [role("s", "question", args=args, fields=settings)], count=2, on=("small",))  # type: ignore[arg-type]
    prompt = {
        "prompt": text("{{ question }}{% for d in drafts %}{{ d }};{% endfor %}"),
        "max_tokens": text(7),
    }
    wires = {"question": b.input(), "drafts": b.whole("a")}
    b.group("b", lambda _: [role("f", "question", "drafts+", args=wires, fields=prompt)], on=("large",))
    return b


def test_upstream_replies_count_with_their_declared_maximum() -> None:
    b = chain()
    ir = b.program(b.ref("b"))
    worst = worst_tokens(resolve(ir, {}).candidate, ir, {"question": 100})

    assert [(node.prompt, node.completion, node.asks) for node in worst.nodes] == [
        (132, 10, 3),
        (132, 10, 3),
        (100 + 2 * 11 + 32, 7, 1),
    ]
    assert worst.tokens == 2 * 3 * 142 + 161


def test_an_unset_maximum_is_named() -> None:
    b = chain(max_tokens=text(None))
    ir = b.program(b.ref("b"))
    with pytest.raises(Unbounded, match="max_tokens") as caught:
        worst_tokens(resolve(ir, {}).candidate, ir, {"question": 100})
    assert caught.value.where == "g.a[1]"


def test_routes_that_exclude_each_other_do_not_add_up() -> None:
    b = GraphBuilder("g", ("question", "kind"))
    for kind, count in (("x", 2), ("y", 3)):
        guard = Op(op="==", args=(b.input("kind"), text(kind)))
        b.group(
            kind,
            lambda _: [role("s", "question", args={"question": b.input()})],
            count=count,
            on=("small",),
            guard=lambda _, guard=guard: guard,  # type: ignore[misc]
        )
    b.group("always", lambda _: [role("s", "question", args={"question": b.input()})], on=("small",))
    wires = {"a": b.whole("x"), "b": b.whole("y"), "c": b.ref("always")}
    b.group("f", lambda _: [function("join", "std.reduce:join", "a+", "b+", "c", args=wires)])
    candidate = resolve(b.program(b.ref("f")), {}).candidate

    assert len(candidate.calls) == 6
    assert worst_case(candidate).calls == 4


def test_a_limit_on_calls_counts_re_asks() -> None:
    b = GraphBuilder("g")
    args = {"question": b.input()}
    fields = {"retry": text(1)}
    b.group("a", lambda _: [role("s", "question", args=args, fields=fields)], count=(1, 6), on=("small",))
    wires = {"xs": b.whole("a")}
    b.group("f", lambda _: [function("majority", "std.reduce:majority", "xs+", args=wires)])
    ir = b.program(b.ref("f"))
    seen = {
        worst_case(resolve(ir, sample(ir, Stream(1, k), bound=calls_bound(ir, 5)).assignment).candidate).calls
        for k in range(40)
    }
    assert seen == {2, 4}
