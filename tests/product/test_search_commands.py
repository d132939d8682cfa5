"""optimize, eval, verify, run on a real server: what a user sees and what lies in the folder after."""

from __future__ import annotations

import json
import signal
import subprocess
import threading

import pytest

from tgl.testing import Fault, FaultyServer

from .conftest import KEY, PROGRAM, Project

pytestmark = pytest.mark.slow


def requests(servers: dict[str, FaultyServer]) -> int:
    return sum(len(server.bodies) for server in servers.values())


def test_the_whole_way(project: Project, servers: dict[str, FaultyServer]) -> None:
    done = project.tglc("optimize", "adds.tgl", "--live", "--yes")
    assert done.returncode == 0, done.stderr
    resolved = project.text("adds.opt.tgl")
    assert "~" not in resolved
    assert "measured solve on adds" in resolved
    assert project.text("adds.tgl") == PROGRAM
    assert project.tglc("check", "adds.opt.tgl").returncode == 0
    assert project.tglc("fmt", "--check", "adds.opt.tgl").returncode == 0

    asked = requests(servers)
    again = project.tglc("optimize", "adds.tgl", "--output", "again.opt.tgl")
    assert again.returncode == 0, again.stderr
    assert project.text("again.opt.tgl") == resolved
    assert requests(servers) == asked, "a replay asks nobody"

    evaluated = project.tglc("eval", "adds.opt.tgl", "--json")
    assert evaluated.returncode == 0, evaluated.stderr
    figures = json.loads(evaluated.stdout)
    plain = " ".join(resolved.split())
    assert f"accuracy {figures['accuracy']:.3f}" in plain
    assert all(" ".join(line.split()) in plain for line in figures["measured"])
    assert requests(servers) == asked

    verified = project.tglc("verify", "adds.opt.tgl")
    assert verified.returncode == 0, verified.stderr
    assert requests(servers) == asked

    answer = project.tglc("run", "adds.opt.tgl", "--live", "--input", '{"question": "What is 2 + 3?"}')
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip().splitlines()[0].isdigit()


@pytest.mark.parametrize(("concurrency", "hash_seed"), [("1", "0"), ("16", "4242")])
def test_concurrency_and_process_change_no_byte(
    project: Project, servers: dict[str, FaultyServer], concurrency: str, hash_seed: str
) -> None:
    assert project.tglc("optimize", "adds.tgl", "--live", "--yes").returncode == 0
    first = project.text("adds.opt.tgl")
    done = project.tglc(
        "optimize",
        "adds.tgl",
        "--concurrency",
        concurrency,
        "--output",
        "b.opt.tgl",
        PYTHONHASHSEED=hash_seed,
    )
    assert done.returncode == 0, done.stderr
    assert project.text("b.opt.tgl") == first


def test_a_killed_search_resumes_to_the_replay_of_its_store(
    project: Project, servers: dict[str, FaultyServer]
) -> None:
    process = subprocess.Popen(
        project.command("optimize", "adds.tgl", "--live", "--yes", "--concurrency", "1"),
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    wait_for(60, servers, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (project.folder / "adds.opt.tgl").exists()
    resumed = project.tglc("optimize", "adds.tgl", "--live", "--yes", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    replay = project.tglc("optimize", "adds.tgl", "--output", "replay.opt.tgl")
    assert replay.returncode == 0, replay.stderr
    assert project.text("replay.opt.tgl") == project.text("adds.opt.tgl")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_interrupting_saves_and_says_how_to_resume(
    project: Project, servers: dict[str, FaultyServer], stop: signal.Signals
) -> None:
    # A shell that runs the tests in the background has its children ignore SIGINT.
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        process = subprocess.Popen(
            project.command("optimize", "adds.tgl", "--live", "--yes", "--concurrency", "1"),
            cwd=project.folder,
            env=project.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    wait_for(40, servers, process)
    process.send_signal(stop)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "--resume" in errors
    assert "Traceback" not in errors
    stats = project.tglc("store", "stats")
    assert int(stats.stdout.split()[0]) > 0


def wait_for(count: int, servers: dict[str, FaultyServer], process: subprocess.Popen[str]) -> None:
    """Until the servers saw so many requests; the process must still run then."""
    seen = threading.Event()
    while requests(servers) < count and process.poll() is None and not seen.wait(0.005):
        pass
    assert process.poll() is None, "it ended before it could be stopped"


def test_without_live_a_miss_says_how_many_calls_of_which_node(project: Project) -> None:
    done = project.tglc("optimize", "adds.tgl")
    assert done.returncode == 3
    assert "R0302" in done.stderr
    assert "--live" in done.stderr
    assert not (project.folder / "adds.opt.tgl").exists()


def test_a_hand_edited_result_is_not_overwritten(project: Project) -> None:
    assert project.tglc("optimize", "adds.tgl", "--live", "--yes").returncode == 0
    edited = project.text("adds.opt.tgl").replace("max_tokens  8", "max_tokens  9")
    project.write("adds.opt.tgl", edited)
    refused = project.tglc("optimize", "adds.tgl")
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert project.text("adds.opt.tgl") == edited
    assert "measured" in project.tglc("check", "adds.opt.tgl").stderr, "check warns that it is stale"
    assert project.tglc("verify", "adds.opt.tgl").returncode in (1, 3)
    assert project.tglc("optimize", "adds.tgl", "--force").returncode == 0


def test_a_paid_search_asks_first(project: Project) -> None:
    done = project.tglc("optimize", "adds.tgl", "--live", stdin="")
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert "3000" in done.stderr


FATAL = [
    (Fault.UNAUTHORIZED, "R0106", "TEST_KEY"),
    (Fault.UNKNOWN_MODEL, "R0108", "tiny"),
    (Fault.UNSUPPORTED_OPTION, "R0107", "without"),
]


@pytest.mark.parametrize(("fault", "code", "word"), FATAL)
def test_a_refusal_stops_the_search_and_keeps_what_was_paid(
    project: Project, servers: dict[str, FaultyServer], fault: Fault, code: str, word: str
) -> None:
    servers["tiny"].plan(*[fault] * 500)
    done = project.tglc("optimize", "adds.tgl", "--live", "--yes")
    assert done.returncode == 3, done.stderr
    assert code in done.stderr
    assert word in done.stderr
    assert KEY not in done.stderr
    servers["tiny"].faults.clear()
    assert project.tglc("optimize", "adds.tgl", "--live", "--yes", "--resume").returncode == 0


PASSING = [
    Fault.LIMITED,
    Fault.FAILED,
    Fault.OVERLOADED,
    Fault.RESET,
    Fault.CUT_BODY,
    Fault.NOT_JSON,
    Fault.NO_CHOICES,
]


def test_passing_faults_are_retried_and_change_nothing(
    project: Project, servers: dict[str, FaultyServer]
) -> None:
    assert project.tglc("optimize", "adds.tgl", "--live", "--yes").returncode == 0
    clean = [line for line in project.text("adds.opt.tgl").splitlines() if "latency" not in line]
    for server in servers.values():
        server.plan(*PASSING)
    done = project.tglc(
        "optimize", "adds.tgl", "--live", "--yes", "--store", "other.sqlite", "--output", "o.opt.tgl"
    )
    assert done.returncode == 0, done.stderr
    faulty = [line for line in project.text("o.opt.tgl").splitlines() if "latency" not in line]
    assert faulty == clean


def test_a_server_that_is_down(project: Project) -> None:
    done = project.tglc("optimize", "adds.tgl", "--live", "--yes", TINY_URL="http://127.0.0.1:9/v1")
    assert done.returncode == 3
    assert "R0101" in done.stderr
    assert "127.0.0.1:9" in done.stderr


def test_a_variable_that_is_not_set(project: Project) -> None:
    del project.environment["TEST_KEY"]
    done = project.tglc("optimize", "adds.tgl", "--live", "--yes")
    assert done.returncode == 3
    assert "TEST_KEY" in done.stderr


def test_evidence_travels_as_a_file(project: Project, servers: dict[str, FaultyServer]) -> None:
    assert project.tglc("optimize", "adds.tgl", "--live", "--yes").returncode == 0
    assert project.tglc("store", "export", "evidence.jsonl").returncode == 0
    lines = project.text("evidence.jsonl").splitlines()
    assert lines == sorted(lines, key=lambda line: json.loads(line)["identity"])
    asked = requests(servers)
    assert project.tglc("store", "--store", "other.sqlite", "import", "evidence.jsonl").returncode == 0
    again = project.tglc("optimize", "adds.tgl", "--store", "other.sqlite", "--output", "b.opt.tgl")
    assert again.returncode == 0, again.stderr
    assert project.text("b.opt.tgl") == project.text("adds.opt.tgl")
    assert requests(servers) == asked


def test_new_data_is_evaluated_row_by_row(project: Project) -> None:
    assert project.tglc("optimize", "adds.tgl", "--live", "--yes").returncode == 0
    project.write("new.jsonl", '{"question": "What is 900 + 1?", "answer": 901}\n' * 2)
    done = project.tglc("eval", "adds.opt.tgl", "--data", "new.jsonl", "--live", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["n"] == 2


def test_a_sampled_program_is_resolved_and_the_same_each_time(project: Project) -> None:
    first = project.tglc("sample", "adds.tgl", "--seed", "3")
    assert first.returncode == 0, first.stderr
    assert first.stdout == project.tglc("sample", "adds.tgl", "--seed", "3").stdout
    project.write("s.tgl", first.stdout)
    assert project.tglc("check", "s.tgl").returncode == 0
    assert project.tglc("eval", "s.tgl", "--live").returncode == 0


def test_a_cap_on_the_bill_saves_and_stops(project: Project, servers: dict[str, FaultyServer]) -> None:
    done = project.tglc("optimize", "adds.tgl", "--live", "--yes", "--max-bill", "50")
    assert done.returncode == 3
    assert "R0308" in done.stderr
    assert requests(servers) <= 50
    assert project.tglc("optimize", "adds.tgl", "--live", "--yes", "--resume").returncode == 0


def test_json_output_is_one_object(project: Project) -> None:
    done = project.tglc("optimize", "adds.tgl", "--live", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["report"]["verdict"]
    assert result["output"] == "adds.opt.tgl"
    assert all(json.loads(line) for line in done.stderr.splitlines())
