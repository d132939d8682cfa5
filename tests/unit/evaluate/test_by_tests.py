"""Code scored by its tests: what is run, what is kept, and what ends a command. The sandbox is a fake."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from tgl.evaluate import ByTests, Example, NotScored, load_dataset
from tgl.evaluate.by_tests import WORKERS
from tgl.ir import ACCURACY, KeySpec, TaskSpec, TextPlace, UnitSpec
from tgl.keys import Answer, read_answer
from tgl.sandbox import Check, Limits, Outcome, Verdict

KEY = KeySpec(kind="code", tests="tests", entry="entry", prompt="q")
TESTS = "def check(candidate):\n    assert candidate(1) == 2\n"


class Box:
    """A sandbox that says what the program's last line asks for, and remembers what it ran."""

    def __init__(self, version: str = "box 1") -> None:
        self.version, self.ran = version, list[Check]()
        self.lock, self.busy, self.most = threading.Lock(), 0, 0
        self.gate: threading.Barrier | None = None

    def run(self, check: Check, limits: Limits) -> Verdict:
        with self.lock:
            self.ran.append(check)
            self.busy += 1
            self.most = max(self.most, self.busy)
        if self.gate is not None:
            self.gate.wait(10)
        with self.lock:
            self.busy -= 1
        word = check.program.rstrip().rpartition("# ")[2]
        return Verdict(Outcome(word), "why")

    def describe(self) -> str:
        return self.version


class Notes(dict[str, str]):
    def note_get(self, name: str) -> str | None:
        return self.get(name)

    def note_put(self, name: str, text: str) -> None:
        self[name] = text


def example(index: int = 0, tests: str = TESTS) -> Example:
    fields = {"tests": tests, "entry": "f"}
    return Example(index, {"q": "Write f(x)."}, Answer("x", "x"), None, "d", fields)


def answer(word: str, more: str = "") -> Answer:
    return Answer(f"Here it is:\n```python\ndef f(x):\n    return x + 1{more}\n# {word}\n```", "key")


def graded(tested: ByTests, *asked: tuple[Answer, Example]) -> list[tuple[float, str]]:
    return [(one.score, one.verdict) for one in asyncio.run(tested.scores(asked))]


@pytest.mark.parametrize(
    ("word", "score"),
    [
        ("passed", 1.0),
        *((name, 0.0) for name in ("failed", "error", "timeout", "memory", "output", "killed")),
    ],
)
def test_only_a_program_that_passes_is_right_and_the_class_is_told(word, score):
    assert graded(ByTests(KEY, Box(), Notes()), (answer(word), example())) == [(score, word)]


def test_a_reply_without_a_program_runs_nothing():
    box = Box()
    assert graded(ByTests(KEY, box, Notes()), (Answer("I can't.", "k"), example())) == [(0.0, "no program")]
    assert box.ran == []


def test_the_sandbox_gets_the_program_the_tests_and_the_name_and_nothing_else():
    box = Box()
    graded(ByTests(KEY, box, Notes()), (answer("passed"), example()))
    [check] = box.ran
    assert check == Check("def f(x):\n    return x + 1\n# passed\n", TESTS, "f") or check.tests == TESTS
    assert check.entry == "f"
    assert "Here it is" not in check.program


def test_equal_programs_run_once_and_kept_verdicts_never_again():
    box, notes = Box(), Notes()
    tested = ByTests(KEY, box, notes)
    first = graded(tested, (answer("failed"), example()), (answer("failed"), example(1)))
    assert len(box.ran) == 1
    again = Box()
    assert graded(ByTests(KEY, again, notes), (answer("failed"), example())) == first[:1]
    assert again.ran == []


@pytest.mark.parametrize("change", ["version", "tests", "program", "limits"])
def test_what_a_verdict_follows_from_names_it(change):
    notes = Notes()
    graded(ByTests(KEY, Box(), notes), (answer("passed"), example()))
    box = Box("box 2" if change == "version" else "box 1")
    key = KEY.model_copy(update={"timeout": 2.0}) if change == "limits" else KEY
    row = example(tests=TESTS + "    assert candidate(0) == 1\n") if change == "tests" else example()
    graded(ByTests(key, box, notes), (answer("passed", " + 0" if change == "program" else ""), row))
    assert len(box.ran) == 1


@pytest.mark.parametrize("note", ["", "null", "[]", '["won", ""]', "{", '"passed"', "[1, 2, 3]"])
def test_a_note_that_is_no_verdict_is_none(note):
    box, notes = Box(), Notes()
    tested = ByTests(KEY, box, notes)
    graded(tested, (answer("passed"), example()))
    [name] = notes
    notes[name] = note
    assert graded(tested, (answer("passed"), example())) == [(1.0, "passed")]
    assert len(box.ran) == 2


def test_a_verdict_that_says_nothing_of_the_program_is_not_kept():
    notes = Notes()
    graded(ByTests(KEY, Box(), notes), (answer("killed"), example()))
    assert notes == {}


def test_tests_that_judge_nothing_end_the_command_and_name_the_row():
    with pytest.raises(NotScored, match="row 4") as caught:
        graded(ByTests(KEY, Box(), Notes()), (answer("refused"), example(3)))
    assert caught.value.code == "E0865"


def test_a_machine_that_has_no_process_left_is_no_fault_of_the_tests():
    notes = Notes()
    with pytest.raises(NotScored, match="could not be run: why") as caught:
        graded(ByTests(KEY, Box(), notes), (answer("not started"), example()))
    assert caught.value.code == "R0312"
    assert notes == {}


def test_programs_run_side_by_side_and_never_more_than_the_bound():
    box = Box()
    box.gate = threading.Barrier(WORKERS)
    asked = [(answer("passed", f" + {n}"), example()) for n in range(2 * WORKERS)]
    graded(ByTests(KEY, box, Notes()), *asked)
    assert (len(box.ran), box.most) == (2 * WORKERS, WORKERS)


@pytest.mark.parametrize(("timeout", "limits"), [(None, Limits()), (2.5, Limits(cpu_s=3, wall_s=5.0))])
def test_a_timeout_is_a_limit_of_the_run(timeout, limits):
    assert ByTests(KEY.model_copy(update={"timeout": timeout}), Box(), Notes()).limits == limits


def test_a_reply_is_kept_whole_and_votes_count_programs():
    key = KeySpec(kind="code", tests="tests")
    one = read_answer(key, "Sure!\n```python\ndef f(x):\n    return x+1\n```")
    two = read_answer(key, "```python\ndef f(x):\n    # the next one\n    return x + 1\n```")
    three = read_answer(key, "```python\ndef f(x):\n    return x + 2\n```")
    assert one is not None
    assert two is not None
    assert three is not None
    assert one.text.startswith("Sure!")
    assert one.key == two.key != three.key
    assert read_answer(key, " \n ") is None


# --- data


TASK = TaskSpec(
    name="t", data="d", train=1, select=1, test=1, given=("q",), expect="a", key=KEY,
    unit=UnitSpec(kind="calls"), format="", metric=ACCURACY,
    place=TextPlace(source="p", start=0, end=0),
)  # fmt: skip
ROW = {"q": "Write f(x).", "a": "def f(x): return x + 1", "tests": TESTS, "entry": "f"}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("tests", 3, "tests are a text"),
        ("tests", None, "tests are a text"),
        ("tests", ["assert True"], "tests are a text"),
        ("tests", "", "tests are Python"),
        ("tests", "# nothing", "tests are Python"),
        ("tests", "def check(candidate:", "tests are Python"),
        ("tests", "(" * 5000, "tests are Python"),
        ("entry", 3, "a text"),
        ("entry", "two words", "a word of Python"),
        ("entry", "", "a word of Python"),
        ("entry", "f; import os", "a word of Python"),
    ],
)
def test_fields_that_can_not_be_scored_with_are_named_with_their_line(field, value, words):
    content = json.dumps(ROW) + "\n" + json.dumps(ROW | {field: value}) + "\n"
    found = load_dataset(TASK, content.encode(), "d.jsonl")
    assert found.dataset is None
    problems = [problem.diagnostic() for problem in found.problems]
    assert {problem.code for problem in problems} == {"E0864"}
    assert any(words in problem.message and "line 2" in problem.message for problem in problems)


def test_no_program_sees_what_scoring_reads():
    found = load_dataset(TASK, (json.dumps(ROW) + "\n").encode(), "d.jsonl")
    assert found.dataset is not None
    [one] = found.dataset.examples
    assert set(one.given) == {"q"}
    assert one.scored_with == {"tests": TESTS, "entry": "f", "q": "Write f(x)."}
