"""Bounds on prompts never fall short of what Jinja renders."""

import pytest
from jinja2 import Environment

from tgl.space import TextSize, Unbounded
from tgl.space.sizes import template_size

VALUES = {
    "question": "Wie groß ist 𝟙 + 𝟙?",
    "drafts": ["zwei", "𝟚𝟚𝟚", ""],
    "hint": "ß" * 9,
    "style": "short",
}
SIZES = {
    "question": TextSize(len(VALUES["question"].encode())),
    "drafts": TextSize(max(len(item.encode()) for item in VALUES["drafts"]), 3),
    "hint": TextSize(18),
    "style": TextSize(5),
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
    environment = Environment(trim_blocks=True, lstrip_blocks=True)
    rendered = environment.from_string(template).render(**VALUES)
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
