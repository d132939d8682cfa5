"""`provider simulated` and `tglc simulate` as a user meets them; every figure says that it is simulated."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tgl.cli.main import main
from tgl.models import ChatMessage, ChatRequest, Decoding, Role, ScriptedModel, settings_of
from tgl.models.simulated import read_profiles, simulation_of
from tgl.pipeline.loading import load_program, lower_program
from tgl.testing import FaultyServer

from .conftest import Project

EXAMPLES = Path(__file__).parents[2] / "examples"
LABEL = "SIMULATED: small, large are statistical models"


@pytest.fixture
def folder(tmp_path: Path) -> Project:
    """The simulated example in a folder of its own, made small."""
    return small_example(tmp_path)


def small_example(folder: Path) -> Project:
    for name in ("quiz.jsonl", "quiz_shots.jsonl"):
        shutil.copy(EXAMPLES / name, folder / name)
    text = (EXAMPLES / "simulated.tgl").read_text(encoding="utf-8")
    small = text.replace("train: 60, select: 90, test: 200", "train: 12, select: 20, test: 30")
    small = small.replace("rounds: 6, samples: 4", "rounds: 1, samples: 3").replace("~1..4", "~1..2")
    assert small != text
    (folder / "p.tgl").write_text(small, encoding="utf-8")
    return Project(folder, {"PATH": os.environ["PATH"], "HOME": str(folder / "home")})


@pytest.fixture(scope="module")
def searched_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, str]:
    project = small_example(tmp_path_factory.mktemp("searched"))
    done = project.tglc("optimize", "p.tgl", "--live", "--quiet")
    assert done.returncode == 0, done.stderr
    return project, done.stdout


@pytest.fixture
def searched(searched_once: tuple[Project, str], tmp_path: Path) -> Project:
    """A copy of the folder after its search."""
    shutil.copytree(searched_once[0].folder, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path, searched_once[0].environment)


@pytest.mark.slow
def test_the_example_is_searched_without_key_server_or_question(tmp_path):
    shutil.copy(EXAMPLES / "quiz.jsonl", tmp_path)
    shutil.copy(EXAMPLES / "simulated.tgl", tmp_path)
    project = Project(tmp_path, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    done = project.tglc("optimize", "simulated.tgl", "--live", "--quiet")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(LABEL)
    accuracy = {
        name: float(share)
        for name, share in re.findall(r"^  (small, greedy|large, greedy) \*? *(\d+\.\d) %", done.stdout, re.M)
    }
    assert accuracy["large, greedy"] > accuracy["small, greedy"] + 8


def test_every_command_that_shows_a_figure_says_that_it_is_simulated(searched, searched_once):
    folder = searched
    assert searched_once[1].startswith(LABEL)
    assert re.search(r"^  simulated +yes$", folder.text("p.opt.tgl"), re.M)
    assert folder.tglc("eval", "p.opt.tgl", "--quiet").stdout.startswith(LABEL)
    verified = folder.tglc("verify", "p.opt.tgl")
    assert verified.stdout.startswith(LABEL)
    assert verified.returncode == 0, verified.stdout
    question = json.dumps({"question": "What is the capital of Peru?", "kind": "capitals"})
    asked = folder.tglc("run", "p.opt.tgl", "--live", "--quiet", "--input", question)
    assert asked.stderr.startswith(LABEL)  # standard output is for the answer alone
    assert len(asked.stdout.splitlines()) == 1
    for command in (
        ("optimize", "p.tgl"),
        ("eval", "p.opt.tgl"),
        ("verify", "p.opt.tgl"),
        ("run", "p.opt.tgl", "--live", "--input", question),
    ):
        told = folder.tglc(*command, "--json")
        assert json.loads(told.stdout)["simulated"] is True, command


def test_a_block_that_lost_its_label_is_found_out(searched):
    folder = searched
    text = folder.text("p.opt.tgl")
    folder.write("p.opt.tgl", re.sub(r"^  simulated +yes\n", "", text, flags=re.M))
    done = folder.tglc("verify", "p.opt.tgl")
    assert done.returncode == 1
    assert "simulated" in done.stdout
    assert "derived  yes" in done.stdout


def test_replies_are_stored_replayed_and_asked_anew_when_the_questions_change(searched):
    folder = searched
    first = folder.text("p.opt.tgl")
    again = folder.tglc("optimize", "p.tgl", "--quiet")
    assert "no model was asked" in again.stdout
    assert "real models" not in again.stdout
    assert folder.text("p.opt.tgl") == first
    rows = folder.text("quiz.jsonl").splitlines()
    folder.write(
        "quiz.jsonl", "\n".join([*rows, '{"question": "New?", "answer": "yes", "kind": "x"}']) + "\n"
    )
    changed = folder.tglc("optimize", "p.tgl", "--quiet")
    assert changed.returncode == 3
    assert "R0302" in changed.stderr


def test_a_program_that_mixes_real_and_simulated_models_is_labelled(folder):
    key = {"TEST_KEY": "sk-test-do-not-print-me"}
    with FaultyServer(lambda: ScriptedModel("real", right_answers(folder)), key=key["TEST_KEY"]) as server:
        real = f'provider openai; id "real"; base_url "{server.base_url}"; api_key env("TEST_KEY"); params 8B'
        simulated = 'provider simulated; profile "sim-8b"; items "quiz.jsonl"; params 8B'
        folder.write("p.tgl", folder.text("p.tgl").replace(simulated, real))
        # What may be asked of a server is confirmed, and only that.
        asked = folder.tglc("optimize", "p.tgl", "--live", **key)
        assert asked.returncode == 2
        assert "may ask large for up to 20000 calls" in asked.stderr
        done = folder.tglc("optimize", "p.tgl", "--live", "--yes", "--quiet", **key)
    assert done.stdout.startswith("SIMULATED IN PART: small is a statistical model"), done.stderr
    # The winner is real alone, but what it is compared with is not.
    assert "on large" in folder.text("p.opt.tgl")
    assert re.search(r"^  simulated +yes$", folder.text("p.opt.tgl"), re.M)
    verified = folder.tglc("verify", "p.opt.tgl")
    assert verified.returncode == 0, verified.stdout


def right_answers(folder: Project) -> Callable[[ChatRequest], str]:
    """A real model that knows all questions."""
    rows = [json.loads(line) for line in folder.text("quiz.jsonl").splitlines()]

    def reply(request: ChatRequest) -> str:
        text = request.messages[-1].content
        return next((row["answer"] for row in rows if text.startswith(row["question"])), "7")

    return reply


SIMULATED = 'provider simulated; profile "sim-8b"'
LOCAL = 'provider local; weights "gemma-3-270m"; profile "a"'


@pytest.mark.parametrize(
    ("old", "new", "code", "said", "exit_code"),
    [
        ('"sim-8b"', '"sim-8"', "E0605", "did you mean `sim-8b`?", 1),
        ('items "quiz.jsonl"; params 8B', "params 8B", "E0303", "items", 1),
        ('profile "sim-8b"; ', "", "E0303", "profile", 1),
        ('items "quiz.jsonl"; params 8B', 'items "gone.jsonl"; params 8B', "R0109", "gone.jsonl", 3),
        ('"sim-8b"', '"gone.toml#a"', "R0109", "gone.toml", 3),
        ('"sim-8b"', '"sim-8b", strength: 3', "E0302", "variant", 1),
        (SIMULATED, LOCAL, "E0301", "profile", 1),
    ],
)
def test_a_wrong_setting_is_told_with_its_fix(folder, old, new, code, said, exit_code):
    folder.write("p.tgl", folder.text("p.tgl").replace(old, new, 1))
    done = folder.tglc("optimize", "p.tgl", "--live", "--quiet")
    assert done.returncode == exit_code
    assert code in done.stderr
    assert said in done.stderr


REAL = """\
model tiny { provider local; weights "smollm2-135m-instruct"; params 135M }
model far  { provider openai; id "far-7b"; params 7B }
pool all = [tiny, far]
role adder(question) -> answer { prompt "{{ question }}"; max_tokens 40; retry 0 }
task quiz {
  data "quiz.jsonl"
  split train: 12, select: 20, test: 30
  given kind, question
  expect answer
  key text, match: normalised
  unit tiny
}
graph solve(question) {
  node one : adder(temperature: ~[0.0, 0.8]) on ~all
  output one
}
optimize solve on quiz { maximize accuracy; spend calls <= 2000; using random(trials: 3); seed 1 }
"""


def test_simulate_searches_a_real_program_and_asks_nobody(folder):
    folder.write("real.tgl", REAL)
    done = folder.tglc("simulate", "real.tgl", "--quiet", "-o", "planned.tgl")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("SIMULATED: tiny, far are statistical models")
    assert "tiny: sim-200m" in done.stdout
    assert "far: sim-8b" in done.stdout
    assert re.search(r"^  simulated +yes$", folder.text("planned.tgl"), re.M)
    assert not (folder.folder / ".tglc").exists()
    told = json.loads(folder.tglc("simulate", "real.tgl", "--quiet", "--json", "--profile", "sim-3b").stdout)
    assert told["simulated"] is True
    assert told["profiles"] == {"tiny": "sim-3b", "far": "sim-3b"}
    shares = [
        one["test"]["accuracy"]["value"] for one in told["report"]["baselines"] if one["kind"] == "greedy"
    ]
    assert len(set(shares)) == 2  # equal profiles are two models, not one


def test_the_server_gives_what_the_provider_gives_and_stops_on_sigint(folder):
    log = folder.folder / "log.jsonl"
    server = subprocess.Popen(
        folder.command("simulate", "--serve", "p.tgl", "--latency-scale", "0", "--log", str(log)),
        cwd=folder.folder,
        env=folder.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/v1", address)
        program = folder.text("p.tgl")
        for name in ("small", "large"):
            profile = {"small": "sim-1b", "large": "sim-8b"}[name]
            program = program.replace(
                f'provider simulated; profile "{profile}"; items "quiz.jsonl"',
                f'provider openai; id "{name}"; base_url "{address}"',
            )
        folder.write("served.tgl", program)
        over_http = folder.tglc("optimize", "served.tgl", "--live", "--yes", "--quiet", "--json")
        assert over_http.returncode == 0, over_http.stderr
    finally:
        server.send_signal(signal.SIGINT)
        errors = server.communicate(timeout=20)[1]
    assert (server.returncode, errors) == (0, "")
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    assert all(entry["complete"] and entry["status"] == 200 for entry in entries)
    bill = json.loads(over_http.stdout)["bill"]
    assert sum(line["attempts"] for line in bill.values()) == len(entries)


def test_wrong_uses_of_simulate_are_told(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder.folder)
    cases = [
        ((), 2, "no program"),
        (("--serve",), 2, "--profile and --items"),
        (("--serve", "--fit", "p.tgl"), 2, "two commands"),
        (("--fit", "p.tgl"), 2, "-o"),
        (("--serve", "p.tgl", "--fault", "418:0.1"), 2, "no fault"),
        (("--serve", "p.tgl", "--fault", "500:0.6", "--fault", "503:0.6"), 2, "more than 1"),
        (("--serve", "p.tgl", "--host", "203.0.113.9"), 3, "can't be served"),
        (("--serve", "--profile", "sim-8b", "--items", "gone.jsonl"), 3, "gone.jsonl"),
        (("p.tgl", "--profile", "gone.toml"), 2, "gone.toml"),
        (("--fit", "p.tgl", "-o", "f.toml"), 3, "nothing can be fitted"),
    ]
    for arguments, code, said in cases:
        try:
            got = main(["simulate", *arguments, "--quiet"])
        except SystemExit as stop:  # the parser's own way out
            got = stop.code
        told = capsys.readouterr().err
        assert (got, said in told) == (code, True), (arguments, told)
    assert not (folder.folder / "f.toml").exists()


@pytest.mark.slow
def test_a_fit_of_the_quickstart_reproduces_its_single_models(folder):
    for path in EXAMPLES.glob("quickstart*"):
        shutil.copy(path, folder.folder)
    done = folder.tglc("simulate", "--fit", "quickstart.tgl", "-o", "fitted.toml", "--quiet", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["responses"] == 5349
    assert told["replay_complete"] is True
    assert told["held_out"]["interval"][0] > 0  # better than the base rate, beyond doubt
    for one in told["models"].values():
        assert one["interval"][0] <= one["fitted"] <= one["interval"][1]
    assert set(read_profiles(folder.folder / "fitted.toml").profiles) == {"smol", "gemma"}

    simulated = folder.tglc("simulate", "quickstart.tgl", "--profile", "fitted.toml", "--quiet", "--json")
    real = folder.tglc("optimize", "quickstart.tgl", "--force", "--quiet", "--json")
    for was, now in zip(greedy(real.stdout), greedy(simulated.stdout), strict=True):
        assert was["name"] == now["name"]
        bounds = was["test"]["accuracy"]
        assert bounds["low"] <= now["test"]["accuracy"]["value"] <= bounds["high"], (was["name"], bounds)


def greedy(output: str) -> list[dict]:
    """The single models in a search's JSON."""
    baselines = json.loads(output)["report"]["baselines"]
    return [one for one in baselines if one["kind"] == "greedy" and one["test"] is not None]


def test_a_simulated_model_replies_alike_in_every_process(folder):
    ir = lower_program(load_program(str(folder.folder / "p.tgl")))
    simulation = simulation_of(settings_of(ir.models[1]))
    question = simulation.bank.items[3].question
    request = ChatRequest((ChatMessage(Role.USER, question),), Decoding(temperature=0.8, max_tokens=64), 11)
    script = f"""
from tgl.models import *
from tgl.models.simulated import simulation_of
from tgl.pipeline.loading import *

made = simulation_of(settings_of(lower_program(load_program("p.tgl")).models[1]))
messages = (ChatMessage(Role.USER, {question!r}),)
print(repr(made.reply(ChatRequest(messages, Decoding(temperature=0.8, max_tokens=64), 11))))
"""
    done = subprocess.run(
        [folder.command()[0], "-c", script],
        cwd=folder.folder,
        env=folder.environment | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == repr(simulation.reply(request))
