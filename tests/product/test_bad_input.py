"""Whatever is wrong, a person is told what, where and what to do; nothing is half-written, no key shows."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tgl.cli.main import main
from tgl.testing import FaultyServer

from .conftest import KEY, PROGRAM, Project, rows

pytestmark = pytest.mark.slow

WRITTEN_KEY = "sk-written-into-the-program-0123456789"
LOCAL = '  provider local\n  weights  "{weights}"\n'
ON_A_SERVER = '  provider openai\n  id       "tiny"\n  base_url env("TINY_URL")\n  api_key  env("TEST_KEY")\n'
READS_DRAFTS = (
    ("role adder(question)", "role adder(question, drafts: list?)"),
    ('"{{ question }}"', '"{{ question }}{% for d in drafts %} {{ d }}{% endfor %}"'),
)


def changed(*changes: tuple[str, str]) -> str:
    """The additions program with parts replaced."""
    text = PROGRAM
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def place(text: str, word: str, nth: int = 0) -> str:
    """`adds.tgl:LINE:COLUMN` of a word."""
    at = -1
    for _ in range(nth + 1):
        at = text.index(word, at + 1)
    return f"adds.tgl:{text.count(chr(10), 0, at) + 1}:{at - text.rfind(chr(10), 0, at)}"


def snapshot(folder: Path) -> dict[str, bytes]:
    """All files of a project but its store, which a command may open."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".tglc" not in path.parts and "home" not in path.parts
    }


@dataclass(frozen=True)
class Case:
    """A mistake, the command that meets it, and what has to be said.

    `program` is the text of adds.tgl, `files` what else lies in the folder; each of `words` is in the output.
    """

    name: str
    code: str
    words: tuple[str, ...]
    program: str | bytes = PROGRAM
    files: dict[str, bytes] = field(default_factory=dict)
    command: tuple[str, ...] = ("check", "adds.tgl")
    exit_code: int = 1
    at: str = ""


OPTIMIZE = ("optimize", "adds.tgl")
LIVE = ("optimize", "adds.tgl", "--live", "--yes", "--quiet")
GOOD_ROW = b'{"question": "What is 1 + 1?", "answer": 2}\n'

UNKNOWN = changed(("[tiny, big]", "[tiny, bigg]"))
UNDECLARED = changed(("on ~all", "on huge"))
CYCLE = changed(
    *READS_DRAFTS,
    (
        "  output majority(sample)",
        "  node a : adder on tiny\n  node b : adder on tiny\n  edge a -> b\n  edge b -> a\n  output b",
    ),
)
POSSIBLE_CYCLE = changed(
    *READS_DRAFTS,
    (
        "  output majority(sample)",
        "  node w[4] : adder on tiny\n  edge w[i] -> w[j] if i != j and ~0.3\n  output majority(w)",
    ),
)
LEAK = changed(('"{{ question }}"', '"{{ question }} {{ answer }}"'))
UNREAD = changed(("role adder(question) -> answer", "role adder(question) -> text"))
NO_SPEND = changed(("  spend    calls <= 3000\n", ""))
DOLLARS = changed(("spend    calls <= 3000", "spend    cost <= $2"))
LIMIT_DOLLARS = changed(("cost(mean) <= 6 units", "cost <= $0.01"))
KEY_IN_TEXT = changed(('env("TEST_KEY")\n  params   1M', f'"{WRITTEN_KEY}"\n  params   1M'))
KEY_IN_ENV = changed(('env("TEST_KEY")\n  params   1M', f'env("{WRITTEN_KEY}")\n  params   1M'))
KEY_BARE = changed(('env("TEST_KEY")\n  params   1M', f"{WRITTEN_KEY}\n  params   1M"))
KEY_BESIDE = changed(
    ('provider openai; id "big"', f'provider opanai; api_key "{WRITTEN_KEY}"; id "big"')
).replace('; api_key env("TEST_KEY")', "")
KEY_IN_URL = changed(('base_url env("TINY_URL")', f'base_url "https://me:{WRITTEN_KEY}@host/v1"'))
WEIGHTS = changed((ON_A_SERVER, LOCAL.format(weights="smollm2-135m-instuct")))
RESOLVED = changed(("~[0.0, 0.8]", "0.8"), ("~all", "tiny"), ("~1..3", "3"))
NO_GOAL = PROGRAM.split("optimize solve")[0]
NO_GRAPH = PROGRAM.split("graph solve")[0]
LIMIT = changed(("cost(mean) <= 6", "cost <= 0.1"))
MEASURED_LIMIT = changed(("cost(mean) <= 6", "cost(mean) <= 0.01"))
RECORDED = changed(("  seed     7", '  seed     7\n  recorded "shipped.jsonl.gz"'))
NO_SUCH_DATA = changed(('"adds.jsonl"', '"gone.jsonl"'))

MISTAKES = [
    Case("missing file", "R0305", ("gone.tgl",), command=("check", "gone.tgl"), exit_code=2),
    Case(
        "missing file, near", "R0305", ("did you mean adds.tgl?",), command=("check", "add.tgl"), exit_code=2
    ),
    Case("missing file to optimize", "R0305", ("gone.tgl",), command=("optimize", "gone.tgl"), exit_code=2),
    Case("missing file to fmt", "R0305", ("gone.tgl",), command=("fmt", "gone.tgl"), exit_code=2),
    Case("folder", "R0305", ("is a folder",), command=("check", "."), exit_code=2),
    Case("file as folder", "R0305", ("not a directory",), command=("check", "adds.tgl/x.tgl"), exit_code=2),
    Case("name too long", "R0305", ("too long",), command=("check", "a" * 300 + ".tgl"), exit_code=2),
    Case("empty file", "W0101", ("declares nothing",), b"", exit_code=0, at="adds.tgl:1:1"),
    Case("only a comment", "W0101", ("declares nothing",), "# soon\n", exit_code=0, at="adds.tgl:1:1"),
    Case(
        "line ends of long ago", "W0101", ("CR",), PROGRAM.replace("\n", "\r"), exit_code=0, at="adds.tgl:1:1"
    ),
    Case("empty file to optimize", "E0510", ("no graph",), b"", command=OPTIMIZE, at="adds.tgl:1:1"),
    Case("binary file", "E0110", ("0x89",), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", at="adds.tgl:1:1"),
    Case("NUL", "E0110", ("U+0000",), PROGRAM.replace("tiny {", "tiny {\0", 1), at="adds.tgl:4:13"),
    Case("latin-1", "E0110", ("0xFC", "not UTF-8"), "# über\n".encode("latin-1"), at="adds.tgl:1:3"),
    Case("UTF-16", "E0110", ("UTF-16", "save it as UTF-8"), PROGRAM.encode("utf-16"), at="adds.tgl:1:1"),
    Case("unknown name", "E0203", ("did you mean `big`?",), UNKNOWN, at=place(UNKNOWN, "bigg")),
    Case("undeclared model", "E0203", ("no model named `huge`",), UNDECLARED, at=place(UNDECLARED, "huge")),
    Case("cyclic edges", "E0501", ("a → b → a",), CYCLE, at=place(CYCLE, "edge b -> a")),
    Case(
        "possible cycle",
        "E0501",
        ("may come to", "if i < j"),
        POSSIBLE_CYCLE,
        at=place(POSSIBLE_CYCLE, "edge w"),
    ),
    Case(
        "target in a prompt", "E0310", ("`answer`", "no prompt may see it"), LEAK, at=place(LEAK, "answer }}")
    ),
    Case("unread answer", "E0311", ("-> answer",), UNREAD, at=place(UNREAD, "majority(sample)")),
    Case("no spend", "E0703", ("spend calls <=",), NO_SPEND, at=place(NO_SPEND, "optimize solve")),
    Case(
        "$ spend, no price",
        "E0702",
        ("price prompt:", "`tiny` and `big`"),
        DOLLARS,
        at=place(DOLLARS, "spend "),
    ),
    Case("$ limit, no price", "E0702", ("price prompt:",), LIMIT_DOLLARS, at=place(LIMIT_DOLLARS, "limit ")),
    Case("key as text", "E0602", ("api_key env(",), KEY_IN_TEXT, at=place(KEY_IN_TEXT, f'"{WRITTEN_KEY}')),
    Case(
        "key as variable", "E0602", ("api_key env(",), KEY_IN_ENV, at=place(KEY_IN_ENV, f'env("{WRITTEN_KEY}')
    ),
    Case("bare key", "E0602", ("api_key env(",), KEY_BARE, at=place(KEY_BARE, WRITTEN_KEY)),
    Case(
        "key beside a mistake",
        "E0602",
        ("did you mean `openai`?",),
        KEY_BESIDE,
        at=place(KEY_BESIDE, "opanai"),
    ),
    Case("key in an address", "E0602", ("base_url env(",), KEY_IN_URL, at=place(KEY_IN_URL, '"https:')),
    Case(
        "unknown weights",
        "E0604",
        ("did you mean `smollm2-135m-instruct`?",),
        WEIGHTS,
        at=place(WEIGHTS, '"smol'),
    ),
    Case("nothing to decide", "E0752", ("tglc eval",), RESOLVED, command=OPTIMIZE),
    Case("no goal", "E0751", ("`optimize` block",), NO_GOAL, command=OPTIMIZE),
    Case("no graph", "E0510", ("graph solve",), NO_GRAPH, command=OPTIMIZE, at="adds.tgl:1:1"),
    Case(
        "no such graph",
        "E0510",
        ("did you mean `solve`?",),
        command=(*OPTIMIZE, "--graph", "solv"),
        exit_code=2,
        at=place(PROGRAM, "solve"),
    ),
    Case("no data file", "R0305", ("gone.jsonl", "no such file"), NO_SUCH_DATA, command=OPTIMIZE),
    Case("limit that no program meets", "E0861", ("cost <= 0.1", "relax"), LIMIT, command=LIVE),
    Case(
        "limit that no measurement meets",
        "E0859",
        ("cost(mean) <= 0.01", "closest"),
        MEASURED_LIMIT,
        command=LIVE,
    ),
    Case("recording missing", "R0301", ("shipped.jsonl.gz",), RECORDED, command=OPTIMIZE, exit_code=3),
    Case(
        "recording corrupt",
        "R0301",
        ("shipped.jsonl.gz",),
        RECORDED,
        {"shipped.jsonl.gz": b"no gzip"},
        command=OPTIMIZE,
        exit_code=3,
    ),
    Case("nothing recorded", "R0302", ("--live",), command=OPTIMIZE, exit_code=3),
    Case(
        "store is no database",
        "R0301",
        ("not a store of tglc", "--store"),
        files={"s.sqlite": b"certainly not a database, nor a journal"},
        command=(*OPTIMIZE, "--store", "s.sqlite"),
        exit_code=3,
    ),
    Case(
        "no store",
        "R0301",
        ("tglc store import",),
        command=("store", "--store", "s.sqlite", "stats"),
        exit_code=3,
    ),
    Case(
        "no such pull", "R0110", ("smollm2-135m-instruct",), command=("models", "pull", "smol"), exit_code=2
    ),
]


def data_case(name: str, code: str, words: tuple[str, ...], content: bytes, at: str = "") -> Case:
    """A case of the task's data."""
    where = f"adds.jsonl:{at}" if at else ""
    return Case(name, code, words, files={"adds.jsonl": content}, command=OPTIMIZE, at=where)


IN_DATA = [
    data_case("empty data", "E0850", ("no examples",), b""),
    data_case("blank data", "E0850", ("no examples",), b"\n \r\n"),
    data_case("data is not UTF-8", "E0851", ("0xFF",), b'{"question": "\xff", "answer": 1}\n', "1:15"),
    data_case("data is UTF-16", "E0851", ("UTF-16",), rows(3).encode("utf-16"), "1:1"),
    data_case("NUL in data", "E0851", ("0x00",), GOOD_ROW + b"{\0}", "2:2"),
    data_case("line cut short", "E0852", ("line 2", "it ends before"), GOOD_ROW + b'{"question": \n', "2:14"),
    data_case("line is no JSON", "E0852", ("line 2", "double quotes"), GOOD_ROW + b"{question: 1}\n", "2:2"),
    data_case("two objects on a line", "E0852", ("line 1", "follows"), b'{"a": 1} {"b": 2}\n', "1:10"),
    data_case("line is no object", "E0853", ("line 1", "a list"), b"[1]\n", "1:1"),
    data_case("missing field", "E0854", ("line 2", "`answer`"), GOOD_ROW + b'{"question": "b"}\n', "2:1"),
    data_case(
        "nested field", "E0855", ("`question`", "a list"), b'{"question": ["a"], "answer": 1}\n', "1:1"
    ),
    data_case(
        "unreadable target", "E0856", ("`number`", '"many"'), b'{"question": "a", "answer": "many"}\n', "1:1"
    ),
    data_case("too few rows", "E0857", ("1 row in all",), GOOD_ROW),
]


@pytest.mark.parametrize("case", [*MISTAKES, *IN_DATA], ids=lambda case: case.name)
def test_what_is_wrong_is_told(project: Project, case: Case) -> None:
    program = case.program if isinstance(case.program, bytes) else case.program.encode()
    (project.folder / "adds.tgl").write_bytes(program)
    for name, content in case.files.items():
        (project.folder / name).write_bytes(content)
    before = snapshot(project.folder)
    done = project.tglc(*case.command)
    told = done.stdout + done.stderr
    assert done.returncode == case.exit_code, told
    assert f"[{case.code}]" in told
    for word in case.words:
        assert word in told
    if case.at:
        assert f"─ {case.at}\n" in told
    assert "= help: " in told
    assert WRITTEN_KEY not in told
    assert snapshot(project.folder) == before


WRONG_USE = [
    ("optimize",),
    ("optimise", "adds.tgl"),
    ("optimize", "adds.tgl", "--max-bill", "much"),
    ("optimize", "adds.tgl", "--concurrency", "0"),
    ("optimize", "adds.tgl", "--hedge", "1"),
    ("optimize", "adds.tgl", "--no-such-option"),
    ("store",),
    ("models", "push", "x"),
    ("check",),
]


@pytest.mark.parametrize("arguments", WRONG_USE, ids=" ".join)
def test_a_command_that_is_used_wrongly(project: Project, arguments: tuple[str, ...]) -> None:
    done = project.tglc(*arguments)
    assert done.returncode == 2
    assert "usage: tglc" in done.stderr or "did you mean `tglc optimize`?" in done.stderr
    assert done.stdout == ""


FIVE = changed(
    ('provider openai; id "big"', 'provider opanai; id "big"'),
    ("[tiny, big]", "[tiny, bigg]"),
    ("max_tokens  8", "max_tokenz  8"),
    ("majority(sample)", "majorty(sample)"),
    ("rounds: 3", "roundz: 3"),
)
FIVE_OF_SHAPE = changed(
    ("pool all = [tiny, big]", "pool all = tiny, big]"),
    ("temperature 0.8\n", 'temperature "0.8\n'),
    ("given  question\n", "given  question expect\n"),
    ("node sample[~1..3] :", "node sample[~1..3]"),
    ("limit    cost(mean) <= 6 units", "limit    cost(mean) <= 6 unitz"),
)


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (FIVE, ("opanai", "bigg", "max_tokenz", "majorty", "roundz")),
        (FIVE_OF_SHAPE, ("tiny, big]", '"0.8', "question expect", "node sample", "unitz")),
    ],
    ids=["names", "shape"],
)
def test_five_mistakes_are_five_problems_in_order_of_place(
    project: Project, program: str, words: tuple[str, ...]
) -> None:
    project.write("adds.tgl", program)
    done = project.tglc("check", "adds.tgl")
    assert done.returncode == 1
    assert "5 errors" in done.stdout
    lines = [int(line) for line in re.findall(r"─ adds\.tgl:(\d+):\d+", done.stderr)]
    assert lines == [int(place(program, word).split(":")[1]) for word in words]


DOLLARS = ("limit    cost(mean) <= 6 units", "limit    cost(mean) <= $1")
ODD_PRICE = ('id "big"', 'id "big"; price prompt: 3, completion: $1/Mtok')


@pytest.mark.parametrize(
    ("program", "codes", "lacking"),
    [
        (changed(("spend    calls", "spend    call")), ["E0302"], "`spend` takes"),
        (changed(DOLLARS, ODD_PRICE), ["E0302", "E0702"], "the price of `tiny` is not known"),
        (changed(DOLLARS), ["E0702"], "the price of `tiny` and `big` is not known"),
    ],
    ids=["spend", "price", "no price"],
)
def test_a_setting_that_cannot_be_read_is_not_said_to_lack(
    project: Project, program: str, codes: list[str], lacking: str
) -> None:
    project.write("adds.tgl", program)
    told = project.tglc("check", "adds.tgl").stderr
    assert re.findall(r"error\[(\w+)\]", told) == codes
    assert lacking in told


def test_fmt_refuses_what_it_cannot_read_and_leaves_every_byte(project: Project) -> None:
    content = FIVE_OF_SHAPE.replace("\n", "\r\n").encode() + b"\r\n\r\n"
    path = project.folder / "adds.tgl"
    path.write_bytes(content)
    before = path.stat()
    done = project.tglc("fmt", "adds.tgl")
    assert done.returncode == 1
    assert done.stderr.count("error[") == 5
    assert "left as it is" in done.stderr
    assert path.read_bytes() == content
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino


def test_files_that_use_each_other(project: Project) -> None:
    project.write("one.tgl", 'use "two.tgl" { b }\nlet a = 1\n')
    project.write("two.tgl", 'use "one.tgl" { a }\nlet b = 2\n')
    done = project.tglc("check", "one.tgl")
    assert done.returncode == 1
    assert "error[E0202]: these files use each other: one.tgl → two.tgl → one.tgl" in done.stderr
    assert "─ two.tgl:1:5\n" in done.stderr


@pytest.mark.parametrize("command", ["run", "eval"])
def test_a_program_with_choices_is_not_run(project: Project, command: str) -> None:
    done = project.tglc(command, "adds.tgl")
    assert done.returncode == 1
    assert "E0753" in done.stderr
    assert "`solve.sample.count` and 6 more are not decided" in done.stderr
    assert "tglc sample" in done.stderr
    assert "tglc optimize" in done.stderr


def test_weights_that_are_not_pulled(project: Project) -> None:
    project.write("adds.tgl", changed((ON_A_SERVER, LOCAL.format(weights="smollm2-135m-instruct"))))
    done = project.tglc(*LIVE, TGLC_MODELS=str(project.folder / "models"))
    assert done.returncode == 3
    assert "error[R0109]" in done.stderr
    assert "tglc models pull smollm2-135m-instruct" in done.stderr


def test_an_engine_that_is_not_installed(project: Project) -> None:
    """The weights are here, the engine is not: importing it fails as where it was never installed."""
    models = project.folder / "models"
    models.mkdir()
    (models / f"tiny-{'0' * 12}.gguf").write_bytes(b"GGUF")
    (models / "sitecustomize.py").write_text("import sys\nsys.modules['xllamacpp'] = None\n")
    project.write(
        "adds.tgl",
        changed((ON_A_SERVER, LOCAL.format(weights="file:tiny.gguf") + f'  sha256   "{"0" * 64}"\n')),
    )
    done = project.tglc(*LIVE, PYTHONPATH=str(models), TGLC_MODELS=str(models))
    assert done.returncode == 3
    assert "error[R0109]: model `tiny`: the engine for local models is not installed" in done.stderr
    assert "pip install 'tgl[local]'" in done.stderr


def test_a_store_that_is_locked(project: Project, servers: dict[str, FaultyServer]) -> None:
    assert project.tglc("store", "import", "empty.jsonl").returncode == 3
    store = project.folder / ".tglc" / "store.sqlite"
    other = sqlite3.connect(store)
    try:
        other.execute("begin exclusive")
        done = project.tglc(*LIVE)
    finally:
        other.close()
    assert done.returncode == 3
    assert "error[R0301]" in done.stderr
    assert "in use by another process" in done.stderr
    assert not any(server.bodies for server in servers.values()), "nothing is asked that could not be kept"


def test_a_reader_that_goes_away(project: Project) -> None:
    """`tglc check … | head -0`: no complaint, neither on the way nor when the interpreter ends."""
    command = " ".join(project.command("check", "adds.tgl", "--json", "--emit", "ir"))
    done = in_shell(project, f"set -o pipefail; ({command}; echo $? >&2) | head -c 0")
    assert done.stderr.strip() in ("0", "141")


@pytest.mark.parametrize(
    "arguments",
    ["check adds.tgl --emit ir", "check adds.tgl", "plan adds.tgl --json", "explain", "--version"],
)
def test_output_that_finds_no_room(project: Project, arguments: str) -> None:
    """A full disk is outside trouble, told once, and no fault of tglc."""
    command = " ".join(project.command(*arguments.split()))
    done = in_shell(project, f"{command} > /dev/full")
    assert done.returncode == 3
    assert done.stderr.count("error[") == 1
    assert "error[R0305]: the output can't be written: no space left on device" in done.stderr


def test_messages_that_find_no_room(project: Project) -> None:
    """No traceback either, whose exit code would be that of a wrong program."""
    command = " ".join(project.command("check", "nowhere.tgl"))
    assert in_shell(project, f"{command} 2> /dev/full").returncode == 3


@pytest.mark.parametrize("closed", [">&-", "<&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed(project: Project, closed: str) -> None:
    done = in_shell(project, f"{' '.join(project.command('check', 'adds.tgl'))} {closed}")
    assert (done.returncode, done.stderr) == (0, "")
    done = in_shell(project, f"{' '.join(project.command('check', 'nowhere.tgl'))} {closed}")
    assert done.returncode == 2


def in_shell(project: Project, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command],
        cwd=project.folder,
        env=project.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_interrupt_while_a_command_is_imported(monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C in the first half second shows no traceback."""

    def interrupted(name: str) -> None:
        raise KeyboardInterrupt(name)

    monkeypatch.setattr("importlib.import_module", interrupted)
    assert main(["optimize", "adds.tgl"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_standard_input(project: Project) -> None:
    assert project.tglc("check", "-", stdin=PROGRAM).stdout == "-: no errors\n"
    done = project.tglc("check", "-", stdin=UNKNOWN)
    assert done.returncode == 1
    assert place(UNKNOWN, "bigg").replace("adds.tgl", "<stdin>") in done.stderr
    formatted = project.tglc("fmt", "-", stdin=PROGRAM.replace("  data ", "       data "))
    assert formatted.returncode == 0
    assert formatted.stdout == project.tglc("fmt", "-", stdin=PROGRAM).stdout


ODD = [
    pytest.param("\ufeff" + PROGRAM, 0, id="byte order mark"),
    pytest.param(PROGRAM.replace("\n", "\r\n"), 0, id="CRLF"),
    pytest.param(
        PROGRAM.replace("sample[", "образец[").replace("(sample)", "(образец)"), 0, id="Cyrillic names"
    ),
    pytest.param(PROGRAM.replace("adder", "s" * 5000), 0, id="a name of 5000 letters"),
    pytest.param(
        PROGRAM.replace("# Adding", "# \U0001f600 e\u0301 Adding"), 0, id="odd characters in a comment"
    ),
    pytest.param(PROGRAM.replace("# Adding", "# \u202e Adding"), 1, id="a comment that turns its direction"),
    pytest.param(PROGRAM.replace("pool", "po\u200bol", 1), 1, id="a zero-width space in a word"),
    pytest.param("let x = " + "(" * 5000 + "1" + ")" * 5000, 1, id="5000 brackets"),
    pytest.param("let x = " + "[" * 5000, 1, id="5000 open brackets"),
    pytest.param("let x = " + "1 + " * 5000 + "1", 1, id="5000 terms"),
    pytest.param("let x = " + "not " * 5000 + "y", 1, id="5000 times not"),
    pytest.param("graph g() {" * 500, 1, id="500 graphs in each other"),
    pytest.param('let x = "' + "a" * 1_000_000 + '"', 0, id="a text of a million letters"),
    pytest.param("}" * 3000, 1, id="3000 closed braces"),
    pytest.param("".join(f"let v{k} = {k}\n" for k in range(2000)) + PROGRAM, 0, id="2000 declarations"),
    pytest.param("graph g(a) { node x[1000000000] : f\n output x }", 1, id="a thousand million nodes"),
]


@pytest.mark.parametrize(("program", "exit_code"), ODD)
def test_odd_programs_end_in_a_verdict(project: Project, program: str, exit_code: int) -> None:
    project.write("odd.tgl", program)
    done = project.tglc("check", "odd.tgl")
    assert done.returncode == exit_code, done.stderr[-2000:]
    if exit_code:
        assert re.search(r"error\[E0\d\d\d\]: .+\n *┌─ odd\.tgl:\d+:\d+\n", done.stderr)
        assert len(done.stderr) < 100_000


def test_several_processes_share_a_store(project: Project) -> None:
    running: list[subprocess.Popen[str]] = []
    for seed in range(3):
        project.write(f"p{seed}.tgl", changed(("seed     7", f"seed     {seed}")))
        running.append(
            subprocess.Popen(
                project.command("optimize", f"p{seed}.tgl", "--live", "--yes", "--quiet"),
                cwd=project.folder,
                env=project.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    for process in running:
        _, told = process.communicate(timeout=120)
        assert process.returncode == 0, told
        assert KEY not in told
    for seed in range(3):
        written = project.text(f"p{seed}.opt.tgl")
        assert project.tglc("optimize", f"p{seed}.tgl", "--quiet").returncode == 0, "all it asked is stored"
        assert project.text(f"p{seed}.opt.tgl") == written


def test_an_output_that_can_not_be_written_is_known_before_the_search(project: Project) -> None:
    (project.folder / "there").mkdir()
    for output in ("there", "nowhere/x.opt.tgl", "adds.tgl/x.opt.tgl", "adds.tgl"):
        done = project.tglc("optimize", "adds.tgl", "--live", "--yes", "--force", "--output", output)
        assert done.returncode == 2, done.stderr
        assert "--output" in done.stderr
    assert project.tglc("store", "stats").returncode == 3, "nothing was started"


def test_check_looks_at_every_file_that_can_be_read(project: Project) -> None:
    done = project.tglc("check", "missing.tgl", "adds.tgl", "adds.jsonl")
    assert done.returncode == 2
    assert "missing.tgl" in done.stderr
    assert "adds.jsonl:1" in done.stderr


def test_importing_what_is_not_there_makes_no_store(project: Project) -> None:
    done = project.tglc("store", "--store", "new.sqlite", "import", "missing.jsonl")
    assert done.returncode == 3
    assert not (project.folder / "new.sqlite").exists()
    assert project.tglc("store", "export", "adds.tgl/x.jsonl").returncode == 3
