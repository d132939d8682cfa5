"""A `require` that nothing satisfies is told at its place, with exit code 1."""

from pathlib import Path

import pytest

from tgl.pipeline.resolved import load_resolved
from tgl.pipeline.running import sampled_text
from tgl.pipeline.stop import Exit, Stop

TEXT = """use std.roles  {{ assistant, fuser }}
use std.reduce {{ majority }}
model smol {{ provider local; weights "smollm2-135m-instruct"; params 135M }}
graph solve(question) {{
  node a[2] : {what} on smol
  require count(a[i] is fuser) >= 1
  output majority(a)
}}
"""


def test_a_resolved_program_that_breaks_its_own_requirement_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.tgl"
    path.write_text(TEXT.format(what="assistant"))
    with pytest.raises(Stop) as caught:
        load_resolved(str(path))
    [problem] = caught.value.diagnostics
    assert (caught.value.exit_code, problem.code) == (Exit.FAILED, "E0519")
    assert problem.primary is not None
    span = problem.primary.span
    assert problem.primary.source.text[span.start : span.end] == "require count(a[i] is fuser) >= 1"


def test_a_program_of_which_none_can_be_drawn_names_the_requirement(tmp_path: Path) -> None:
    path = tmp_path / "p.tgl"
    path.write_text(TEXT.format(what="assistant(max_tokens: ~[8, 9])"))
    with pytest.raises(Stop) as caught:
        sampled_text(str(path), seed=1)
    [problem] = caught.value.diagnostics
    assert problem.code == "E0861"
    assert "`require count(a[i] is fuser) >= 1` ended 1000 of 1000 draws" in problem.message
    assert problem.primary is not None
