"""The variables of a prompt, as they are read without Jinja and by Jinja."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateSyntaxError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tgl.semantics.templates import printed_variables

ROOT = Path(__file__).parents[2]


def by_jinja(template: str) -> frozenset[str] | None:
    environment = ImmutableSandboxedEnvironment()
    try:
        tree = environment.parse(template)
        environment.compile(template, raw=True)
    except TemplateSyntaxError:
        return None
    return frozenset(meta.find_undeclared_variables(tree))


@pytest.mark.parametrize(
    ("template", "variables"),
    [
        ("no tag", set()),
        ("{{ question }}{{question}} {{format}}", {"question", "format"}),
        ("{% for d in drafts %}{{ loop.index }}: {{ d }}{% endfor %}{{ d }}", {"d", "drafts"}),
        ("{%- for a in xs -%}{% for b in a %}{{ b }}{% endfor %}{% endfor %}", {"xs"}),
        ("{ {a} } %} }}", set()),
    ],
)
def test_plain_prompts_need_no_jinja(template: str, variables: set[str]) -> None:
    assert printed_variables(template) == by_jinja(template) == variables


@pytest.mark.parametrize(
    "template",
    [
        "{{ a.b }}",
        "{{ a | upper }}",
        "{{ 1 }}",
        "{{ }}",
        "{{ open",
        "{# note #}",
        "{% if a %}{% endif %}",
        "{% for a in b %}",
        "{% endfor %}",
        "{{ loop.index }}",
        "{% for a in b %}{% else %}{% endfor %}",
        "{% for true in b %}{% endfor %}",
        "{{ none }}",
        "{%for a in b%}{{{ a }}}{%endfor%}",
        "{% raw %}{{ a }}{% endraw %}",
        "{%+ for a in b %}{% endfor %}",
    ],
)
def test_everything_else_is_left_to_jinja(template: str) -> None:
    assert printed_variables(template) is None


PIECES = st.sampled_from(
    [
        *("{{ a }}", "{{b}}", "{{ loop.index }}", "{{ loop }}", "{% for a in b %}", "{% for b in a -%}"),
        *("{%- endfor %}", "{% endfor %}", "{{", "}}", "{%", "%}", "{#", "#}", "{", "}", " text ", "\n", "-"),
        *("{{ a\n}}", "{% if a %}", "{% endif %}", "{{ range }}", "{% raw %}", "{% endraw %}", "{{- a -}}"),
    ]
)


@given(st.lists(PIECES, max_size=8).map("".join))
def test_what_is_read_without_jinja_is_what_jinja_reads(template: str) -> None:
    found = printed_variables(template)
    assert found is None or found == by_jinja(template)


def test_prompts_of_the_library_need_no_jinja() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "stdlib").rglob("*.tgl")]
    prompts = [prompt for text in texts for prompt in re.findall(r'prompt """(.*?)"""', text, re.DOTALL)]
    assert len(prompts) > 3
    read = [prompt for prompt in prompts if printed_variables(prompt) is not None]
    assert len(read) >= 0.8 * len(prompts)
    assert all(printed_variables(prompt) == by_jinja(prompt) for prompt in read)
