"""What typical mistakes are answered with: the advice fits what was written."""

import pytest

from tgl.cli.main import main
from tgl.diagnostics import Diagnostic
from tgl.semantics import NO_FILES, check
from tgl.text import SourceFile

PROGRAM = """model m {
  provider openai
  id       "m"
  base_url "http://127.0.0.1:9/v1"
  price    prompt: $1/Mtok, completion: $2/Mtok
}
role r(question) -> answer {
  system "You check invoices."
  prompt "{{ question }}"
  max_tokens 9
}
task t {
  data   "t.csv"
  split  train: 9, select: 9, test: 9
  given  question
  expect answer
  key    number
  unit   dollars
}
graph g(question) {
  node a[~1..2] : r on m
  output a[1]
}
optimize g on t {
  maximize accuracy
  limit    cost(mean) <= $0.002
  spend    calls <= 400
}
"""


def found(was: str, now: str) -> list[Diagnostic]:
    assert was in PROGRAM
    return list(check(SourceFile("p.tgl", PROGRAM.replace(was, now, 1)), NO_FILES).problems)


@pytest.mark.parametrize(
    ("was", "now", "code", "advice"),
    [
        ('"You check invoices."', "You check invoices.", "E0109", 'in double quotes: `system "…"`'),
        ("cost(mean) <= $0.002", "latency(p95) <= 3 seconds", "E0101", "`3s`"),
        ("cost(mean) <= $0.002", "latency(p95) <= 2 min", "E0101", "`2m`"),
        ("$0.002", "2 dollars", "E0101", "`$2`"),
        ("$0.002", "€0.002", "E0106", "in dollars"),
        ("calls <= 400", "calls <= 400 calls", "E0101", "stands alone: `400`"),
        ("$0.002", "2 units", "E0701", None),
        ("given  question", "given  question, answer", "E0310", "remove `answer` from `given`"),
        ("expect answer", 'expect "total due"', "E0302", '`fields answer: "total due"`'),
    ],
)
def test_the_advice_is_about_what_was_written_and_nothing_follows_from_it(was, now, code, advice):
    [problem] = found(was, now)
    assert problem.code == code
    assert advice is None or advice in (problem.help or "")
    assert problem.primary is not None


def test_two_settings_on_a_line_are_not_taken_for_a_text():
    [problem] = [one for one in found("  max_tokens 9\n", "  max_tokens 9 retry 1\n") if one.code == "E0109"]
    assert "double quotes" not in (problem.help or "")


def test_a_given_target_is_marked_where_it_is_given():
    [problem] = found("given  question", "given  question, answer")
    assert problem.primary is not None
    line = PROGRAM[: PROGRAM.index("given  question")].count("\n")
    assert problem.primary.source.text.splitlines()[line].startswith("  given")
    assert problem.primary.source.text[: problem.primary.span.start].count("\n") == line


ROWS = "question,total due\nwhat,12.50 EUR\nhow,3 EUR\n"


@pytest.mark.parametrize(
    ("rows", "arguments", "exit_code", "words"),
    [
        (
            ROWS,
            ["--expect", "total due", "--key", "number"],
            0,
            "reads 2 of 2 targets in `target`",
        ),
        (ROWS, ["--expect", "totl due", "--key", "number"], 1, "did you mean `total due`?"),
        ("question,total due\n", ["--expect", "question"], 1, "the first line names the columns"),
        (None, [], 2, "check the path"),
    ],
)
def test_a_table_is_looked_at_by_the_names_that_it_has(tmp_path, capsys, rows, arguments, exit_code, words):
    path = tmp_path / "rows.csv"
    if rows is not None:
        path.write_text(rows)
    assert main(["data", str(path), *arguments]) == exit_code
    told = capsys.readouterr()
    assert words in told.out + told.err
