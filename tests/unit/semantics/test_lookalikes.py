"""Fixes of what looks like something else, and of an `each` through a text."""

from __future__ import annotations

import pytest

from tgl.semantics import NO_FILES, check
from tgl.text import SourceFile, apply_edits

HEAD = """model smol { provider local; weights "smollm2-135m-instruct"; params 135M }
role answer(question, drafts: list?) -> answer { prompt "{{ question }} {{ drafts }}" }
"""


def problems(text: str):
    return check(SourceFile("p.tgl", text), NO_FILES).problems


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("c\u043est", "cost"),
        ("\ufb01nal", "final"),
        ("m\u00aax_\u0440ace", "max_pace"),
        ("\u0441\u0443\u043c\u043ca", "\u0441\u0443\u043c\u043c\u0430"),
        ("\u039daive", "Naive"),
    ],
)
def test_a_look_alike_is_written_as_it_is_read_wherever_it_stands(wrong, right):
    text = HEAD + f"graph g(question) {{\n  node {wrong} : answer on smol\n  output {wrong}\n}}\n"
    while found := problems(text):
        assert {problem.code for problem in found} == {"E0209"}
        [fix] = found[0].fixes
        assert fix.safe
        text = apply_edits(text, fix.edits)
    assert text == HEAD + f"graph g(question) {{\n  node {right} : answer on smol\n  output {right}\n}}\n"


@pytest.mark.parametrize(
    "name", ["\u0394t", "\u03bb", "\u03b1_max", "\u0446\u0435\u043d\u0430", "\u6e29\u5ea6_3", "na\u00efve"]
)
def test_names_of_other_scripts_are_free(name):
    text = HEAD + f"graph g(question) {{\n  node {name} : answer on smol\n  output {name}\n}}\n"
    assert problems(text) == ()


@pytest.mark.parametrize(("mark", "fixed"), [("", ": list"), ("?", ": list?")])
def test_an_input_that_each_goes_through_is_declared_as_a_list(mark, fixed):
    text = (
        HEAD
        + f"""graph g(question, xs{mark}) {{
  each x[2] in xs {{ node a : answer(drafts: x) on smol }}
  node b : answer(drafts: x.a) on smol
  output b
}}
"""
    )
    [found] = problems(text)
    [fix] = found.fixes
    assert found.code == "E0307"
    mended = apply_edits(text, fix.edits)
    assert f"xs{fixed})" in mended
    assert problems(mended) == ()
