"""Programs that cannot be written back are found before anything is paid for."""

from dataclasses import dataclass, field

import pytest

from tgl.emit import Fault, Unwritable, read_back, unwritable
from tgl.ir import ProgramIR
from tgl.semantics import Checked, Loader, MemoryLoader, check, lower
from tgl.space import Bound, resolve
from tgl.text import SourceFile

PROGRAM = """
use "./panel.tgl" { panel }
use std.roles { assistant }
model smol { provider local; weights "smol"; params 135M }

graph solve(question) {
  node one : ~{panel: 0.9, assistant: 0.1} on smol
  output one
}
"""

PANEL = """
use std.roles  { assistant }
use std.reduce { majority }
graph panel(question) {
  node sample[%s] : assistant
  output majority(sample)
}
"""


@dataclass
class Changing:
    """Files of which the last text is given again and again, once those before it were asked for."""

    texts: list[str]
    asked: list[str] = field(default_factory=list)

    def load(self, path: str, importer: str) -> SourceFile:
        self.asked.append(path)
        return SourceFile("panel.tgl", self.texts[min(len(self.asked), len(self.texts)) - 1])


def program(loader: Loader, text: str = PROGRAM) -> tuple[Checked, ProgramIR]:
    checked = check(SourceFile("program.tgl", text), loader)
    lowered = lower(checked, "solve")
    assert lowered.ir is not None, lowered.problems
    return checked, lowered.ir


def test_a_program_that_can_be_written_has_no_fault() -> None:
    loader = MemoryLoader({"panel.tgl": PANEL % "3"})
    assert unwritable(*program(loader), loader) is None


def test_the_text_is_the_one_that_was_read_back() -> None:
    loader = MemoryLoader({"panel.tgl": PANEL % "3"})
    checked, ir = program(loader)
    text = read_back(checked, ir, resolve(ir, {"solve.one.what": ir.choices[0].domain.values[0]}), loader)
    assert isinstance(text, str)
    assert "node one : panel on smol" in text


@pytest.mark.parametrize(
    ("later", "fault"),
    [
        (PANEL % "4", Fault.DIFFERENT),
        (PANEL % "~2..5", Fault.UNDECIDED),
        (PANEL % "nobody", Fault.UNREADABLE),
    ],
)
def test_a_text_that_reads_as_something_else_is_a_fault(later: str, fault: Fault) -> None:
    loader = Changing([PANEL % "3", later])
    found = unwritable(*program(loader), loader)
    assert isinstance(found, Unwritable)
    assert found.fault is fault
    assert found.text is not None
    assert found.assignment["solve.one.what"] == "panel"
    assert fault.value in str(found)


def test_what_only_a_drawn_program_shows_is_found_too() -> None:
    """The most probable program does not use the file that is wrong; one of the drawn ones does."""
    text = PROGRAM.replace("panel: 0.9, assistant: 0.1", "panel: 0.4, assistant: 0.6")
    readings = [PANEL % "3", PANEL % "4"]
    assert unwritable(*program(loader := Changing([*readings]), text), loader, draws=0) is None
    found = unwritable(*program(loader := Changing([*readings]), text), loader, draws=8)
    assert isinstance(found, Unwritable)
    assert found.fault is Fault.DIFFERENT


def test_only_programs_within_the_bound_are_tried() -> None:
    """No search would find the most probable program here: it asks too much."""
    loader = Changing([PANEL % "3", PANEL % "4"])
    assert unwritable(*program(loader), loader, bound=Bound(1, lambda *_: 1.0)) is None


def test_a_program_of_which_nothing_meets_the_conditions_has_nothing_to_write() -> None:
    text = PROGRAM.replace("  output one", "  require one is panel and one is assistant\n  output one")
    loader = MemoryLoader({"panel.tgl": PANEL % "3"})
    assert unwritable(*program(loader, text), loader) is None
