"""What a program can reach. Each probe is also run without isolation, where it has to succeed: a probe that
can't reach anything shows nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tgl.sandbox import Check, Limits, Outcome, Sandbox, Verdict, seccomp
from tgl.sandbox.unsafe import UnsafeExec

LIMITS = Limits(cpu_s=5, wall_s=10.0, memory_mb=512, files_mb=1)
REACHED = "def check(candidate):\n    assert candidate(*{given!r}) == {expected!r}\n"


def answers(box: Sandbox, program: str, given: tuple[object, ...], expected: object) -> Verdict:
    """The verdict on a program's answer."""
    return box.run(Check(program, REACHED.format(given=given, expected=expected), "f"), LIMITS)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("key")
    return path


READ = """
def f(path):
    try: return open(path).read()
    except OSError as error: return type(error).__name__
"""
LIST = """
import os
def f(path):
    try: return len(os.listdir(path)) > 0
    except OSError: return False
"""


def test_no_file_of_the_machine_can_be_read(sandbox: Sandbox, secret: Path) -> None:
    assert answers(UnsafeExec(), READ, (str(secret),), "key").passed
    assert answers(sandbox, READ, (str(secret),), "FileNotFoundError").passed


@pytest.mark.parametrize("path", ["/proc", "/proc/1", "/root", "/home", "/sys", "/usr/bin", "/work"])
def test_folders_of_the_machine_are_not_there(sandbox: Sandbox, path: str) -> None:
    assert answers(sandbox, LIST, (path,), False).passed
    assert not answers(sandbox, READ, ("/etc/passwd",), "FileNotFoundError").detail


def test_neither_tests_nor_other_runs_are_in_its_folder(sandbox: Sandbox) -> None:
    listing = "import os\ndef f(path): return os.listdir(path)"
    leave = "open('/tmp/left', 'w').write('x')\n"
    assert answers(sandbox, leave + listing, ("/tmp",), ["left"]).passed
    assert answers(sandbox, listing, ("/tmp",), []).passed


def test_a_link_leads_to_no_file_of_the_machine(sandbox: Sandbox, secret: Path) -> None:
    link = (
        "import os, tempfile\ndef f(path):\n    p = tempfile.mkdtemp() + '/l'\n    os.symlink(path, p)\n"
        + ("    try: return open(p).read()\n    except OSError as error: return type(error).__name__")
    )
    assert answers(UnsafeExec(), link, (str(secret),), "key").passed
    assert answers(sandbox, link, (str(secret),), "FileNotFoundError").passed


WRITE = """
def f(path):
    try: open(path, 'w').write('x')
    except OSError as error: return type(error).__name__
"""


def test_no_file_of_the_machine_can_be_written(sandbox: Sandbox, tmp_path: Path) -> None:
    target = tmp_path / "new"
    assert answers(UnsafeExec(), WRITE, (str(target),), None).passed
    assert target.exists()
    target.unlink()
    assert not answers(sandbox, WRITE, (str(target),), None).passed
    assert not target.exists()


@pytest.mark.parametrize(
    "path",
    ["/x", "/dev/x", "/box/x", "/box/tgl/sandbox/inside/judge.py", "/python/lib/x", "/usr/lib/x", "/lib/x"],
)
def test_only_its_folder_can_be_written(sandbox: Sandbox, path: str) -> None:
    assert answers(sandbox, WRITE, ("/tmp/x",), None).passed
    assert answers(sandbox, WRITE, (path,), None).outcome is Outcome.FAILED


def test_its_folder_holds_no_more_than_its_limit(sandbox: Sandbox) -> None:
    fill = (
        "def f(count, size):\n    try:\n        for i in range(count):\n"
        "            with open(f'/tmp/{i}', 'wb') as file: file.write(b'x' * size)\n"
        "    except OSError as error: return error.errno\n"
    )
    assert answers(sandbox, fill, (4, 100_000), None).passed
    assert answers(sandbox, fill, (40, 100_000), 28).passed
    assert answers(sandbox, fill, (1, 5_000_000), 27).passed


def test_the_environment_is_not_passed_on(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    names = "import os\ndef f(): return sorted(os.environ)"
    expected = ["HOME", "LANG", "LD_LIBRARY_PATH", "PWD", "PYTHONHASHSEED", "PYTHONUTF8", "TMPDIR"]
    assert answers(sandbox, names, (), expected) == Verdict(Outcome.PASSED)
    assert answers(
        UnsafeExec(), "import os\ndef f(): return 'OPENAI_API_KEY' in os.environ", (), False
    ).passed


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    server.accept()[0].close()
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_there_is_no_network_not_even_loopback(sandbox: Sandbox, listener: int) -> None:
    connect = (
        "import socket\ndef f(port):\n    try: socket.create_connection(('127.0.0.1', port), 1)\n"
        "    except OSError as error: return type(error).__name__\n    return 'connected'"
    )
    assert answers(UnsafeExec(), connect, (listener,), "connected").passed
    assert answers(sandbox, connect, (listener,), "connected").outcome is Outcome.FAILED


def test_the_network_is_apart_even_where_no_filter_of_calls_is_known(
    sandbox: Sandbox, listener: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_filter(machine: str, *, may_start: bool) -> None:
        del machine, may_start

    monkeypatch.setattr(seccomp, "program", no_filter)
    connect = (
        "import socket\ndef f(port):\n    made = socket.socket()\n"
        "    try: made.connect(('127.0.0.1', port))\n    except OSError: return 'apart'\n"
        "    return 'connected'"
    )
    assert answers(UnsafeExec(), connect, (listener,), "connected").passed
    assert answers(sandbox, connect, (listener,), "apart").passed


def test_no_socket_of_any_kind(sandbox: Sandbox) -> None:
    make = (
        "import socket\ndef f():\n    made = []\n"
        "    for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK):\n"
        "        try: socket.socket(family, socket.SOCK_DGRAM); made.append(int(family))\n"
        "        except OSError: pass\n    return made"
    )
    assert answers(sandbox, make, (), []).passed


def test_no_process_of_the_machine_can_be_reached(sandbox: Sandbox) -> None:
    reach = (
        "import os\ndef f(*pids):\n    reached = []\n    for pid in pids:\n"
        "        try: os.kill(pid, 0); reached.append(pid)\n        except OSError: pass\n    return reached"
    )
    own = os.getpid()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        given = (own, other.pid)
        assert answers(UnsafeExec(), reach, given, list(given)).passed
        assert answers(sandbox, reach, given, []).passed
        assert other.stdin is not None
        other.stdin.close()


FORK = (
    "import os, time\ndef f(count):\n    made = 0\n    for _ in range(count):\n"
    "        try:\n            if os.fork() == 0:\n                time.sleep(30)\n"
    "                os._exit(0)\n"
    "            made += 1\n        except OSError: pass\n    return made"
)


def test_no_process_can_be_started(sandbox: Sandbox) -> None:
    assert answers(sandbox, FORK, (3,), 0).passed
    spawn = "import subprocess, sys\ndef f():\n    try: subprocess.run([sys.executable])\n" + (
        "    except OSError: return 'no'"
    )
    assert answers(sandbox, spawn, (), "no").passed


def test_threads_can_be_started_but_not_without_end(sandbox: Sandbox) -> None:
    start = (
        "import threading\ndef f(count):\n    done, go = [], threading.Event()\n"
        "    def work(): go.wait(); done.append(1)\n"
        "    try:\n        for _ in range(count): threading.Thread(target=work, daemon=True).start()\n"
        "    except RuntimeError: return 'no more'\n"
        "    go.set()\n    return 'all'"
    )
    assert answers(sandbox, start, (4,), "all").passed
    assert answers(sandbox, start, (4000,), "no more").passed


STAY = """
import os, time
def f():
    for _ in range(3):
        if os.fork() == 0:
            os.setsid()
            time.sleep(60)
    return 1
"""


def test_no_process_outlives_a_run(sandbox: Sandbox) -> None:
    """A run that may start processes leaves none; without isolation some do stay."""
    mark = 1000 + os.getpid() % 1000
    check, limits = Check(STAY, "assert f() == 1"), Limits(wall_s=5.0, processes=8, files_mb=mark)
    assert UnsafeExec().run(check, limits) == Verdict(Outcome.PASSED)
    for _ in range(1000):  # those that were started may not have their command line yet
        left = running(mark)
        if len(left) == 3:
            break
        os.sched_yield()
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert len(left) == 3
    while running(mark):
        os.sched_yield()
    assert sandbox.run(check, limits) == Verdict(Outcome.PASSED)
    for _ in range(1000):
        if not running(mark):
            return
        os.sched_yield()
    assert not running(mark)


def running(mark: int) -> set[int]:
    """Processes that are alive and have a number on their command line."""
    found: set[int] = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if state not in "ZX" and str(mark).encode() in words:
                found.add(int(entry.name))
    return found


def test_only_its_pipes_are_open(sandbox: Sandbox) -> None:
    """Standard input, output, error, and the socket to the tests: no other is inherited."""
    program = (
        "import os, stat\ndef f():\n    kinds = []\n    for fd in range(1024):\n"
        "        try: mode = os.fstat(fd).st_mode\n"
        "        except OSError: continue\n"
        "        kinds.append('socket' if stat.S_ISSOCK(mode)\n"
        "            else 'pipe' if stat.S_ISFIFO(mode)\n"
        "            else 'device' if stat.S_ISCHR(mode) else 'other')\n    return kinds"
    )
    assert answers(sandbox, program, (), ["device", "pipe", "pipe", "socket"]) == Verdict(Outcome.PASSED)


def test_no_privilege_is_left(sandbox: Sandbox) -> None:
    gain = (
        "import ctypes, os\ndef f():\n    libc = ctypes.CDLL(None, use_errno=True)\n    gained = []\n"
        "    if libc.unshare(0x10000000) == 0: gained.append('user namespace')\n"
        "    if libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0: gained.append('mount')\n"
        "    if libc.ptrace(16, 1, 0, 0) == 0: gained.append('ptrace')\n"
        "    if libc.syscall(319, b'x', 0) >= 0: gained.append('memory file')\n"
        "    if libc.shmget(0, 1 << 20, 0o1600) >= 0: gained.append('shared memory')\n"
        "    for name, arguments in (('setuid', (1,)), ('chroot', ('/tmp',)), ('setgroups', ([1],)),\n"
        "        ('nice', (-5,))):\n"
        "        try: getattr(os, name)(*arguments); gained.append(name)\n"
        "        except OSError: pass\n"
        "    return gained"
    )
    assert answers(sandbox, gain, (), []) == Verdict(Outcome.PASSED)


def test_no_capability_is_left_and_none_can_be_gained(sandbox: Sandbox) -> None:
    program = (
        "import ctypes\ndef f():\n    libc = ctypes.CDLL(None)\n"
        "    header, sets = (ctypes.c_uint * 2)(0x20080522, 0), (ctypes.c_uint * 6)(*[9] * 6)\n"
        "    assert libc.capget(header, sets) == 0\n    no_new_privileges = libc.prctl(39, 0, 0, 0, 0)\n"
        "    return list(sets), no_new_privileges"
    )
    assert answers(sandbox, program, (), ([0] * 6, 1)) == Verdict(Outcome.PASSED)


def test_limits_are_set_and_cannot_be_raised(sandbox: Sandbox) -> None:
    program = (
        "import resource as r\ndef f():\n    found = []\n"
        "    for kind in (r.RLIMIT_CPU, r.RLIMIT_AS, r.RLIMIT_FSIZE, r.RLIMIT_NOFILE, r.RLIMIT_NPROC,\n"
        "        r.RLIMIT_CORE):\n"
        "        hard = r.getrlimit(kind)[1]\n"
        "        try: r.setrlimit(kind, (hard + 1, hard + 1))\n"
        "        except (OSError, ValueError): found.append(hard)\n"
        "    return found"
    )
    expected = [LIMITS.cpu_s + 1, LIMITS.memory_mb * 2**20, LIMITS.files_mb * 2**20, 64, 33, 0]
    assert answers(sandbox, program, (), expected) == Verdict(Outcome.PASSED)


def test_one_run_leaves_nothing_behind_for_the_next(sandbox: Sandbox) -> None:
    first = (
        "import builtins\ndef helper(x): return x * x\nbuiltins.helper = helper\ndef f(x): return helper(x)"
    )
    assert answers(sandbox, first, (3,), 9).passed
    verdict = answers(sandbox, "def f(x): return helper(x)", (3,), 9)
    assert verdict.outcome is Outcome.ERROR
    assert "helper" in verdict.detail


def test_runs_at_once_do_not_meet(sandbox: Sandbox) -> None:
    verdicts: dict[int, Verdict] = {}

    def run(number: int) -> None:
        program = f"def f(x): return {number}" if number % 2 else "def f(x): raise ValueError"
        verdicts[number] = answers(sandbox, program, (1,), number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: verdict.passed for number, verdict in verdicts.items()} == {
        n: n % 2 == 1 for n in range(8)
    }
