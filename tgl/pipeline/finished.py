"""Finished searches: what one found is kept, and shown again while nothing that it rests on has changed.

A search is a function of the program, its data, the responses that it needs and this package. Replaying it
gives the same bytes again, after seconds or minutes. So its outcome is kept in the store's notes, with the
hash of all that went in, and the identities and the hash of all responses that it used. These are read and
hashed again before it is shown; anything else is as good as no note. `tglc verify` never looks here.

Not kept: a search in which a call failed (failures are no responses), one of a program with functions in
Python, whose results this package can't vouch for, and one that a sandbox had its say in.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tgl.evaluate import FrontReport, SearchReport
from tgl.ir import ProgramIR
from tgl.pipeline.session import Session
from tgl.runtime import Counts
from tgl.semantics import Checked
from tgl.storage import StoredResponse, StoreError

SCHEMA = 2
PREFIX = "finished:"
"""What the names of these notes start with."""
SIZE = 32
"""Bytes of an identity."""
LIBRARIES = ("jinja2", "lark", "numpy", "pydantic", "scipy")
"""What else a result may hang on."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search is of.

    Args:
        key: names it in the store.
        place: the program's file and graph; of one place only the newest outcome is kept.
        texts: hashes of the files' texts as they stand, with their paths from the program's folder. `key`
            leaves their layout and the imports' order aside, but the resolved program shows both.
    """

    key: str
    place: str
    texts: tuple[tuple[str, str], ...]

    @property
    def note(self) -> str:
        """The note's name."""
        return f"{PREFIX}{self.place}:{self.key}"


def searched_of(key: str, checked: Checked, graph: str, store: Path) -> Searched:
    """What the search of this key is of; files are named as they lie, to each other and to the store."""
    own = checked.module.source.name
    folder, name = os.path.split(os.path.abspath(own))
    files = [(own, checked.module), *((path, one) for path, one in checked.modules.items() if path != own)]
    texts = tuple(
        (
            path if path.startswith("std/") else os.path.relpath(path, folder),
            hashlib.sha256(module.source.text.encode()).hexdigest(),
        )
        for path, module in files
    )
    place = [os.path.relpath(folder, store.absolute().parent), name, graph]
    return Searched(key, hashlib.sha256(json.dumps(place).encode()).hexdigest()[:16], texts)


class FinishedProgram(BaseModel):
    """A resolved program of a note: its number in a front, its text, and what was measured and decided."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)

    name: str
    text: str
    report: SearchReport
    decisions: tuple[tuple[str, str], ...]


class Program(Protocol):
    """What is kept of a program that was found."""

    @property
    def name(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def report(self) -> SearchReport: ...
    @property
    def decisions(self) -> tuple[tuple[str, str], ...]: ...


class Finished(BaseModel):
    """A note: what a search found, and what that rests on.

    Args:
        inputs: hash of all that went in but the responses.
        identities: those of the responses that were used, 32 bytes each, in base64.
        responses: hash of the responses.
        points: the resolved program, or those of a front.
        front: what is told of these together.
        counts: of calls.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = SCHEMA
    inputs: str
    identities: str
    responses: str
    points: tuple[FinishedProgram, ...] = Field(min_length=1)
    front: FrontReport | None
    counts: Mapping[str, int]

    @property
    def all_counts(self) -> Counts:
        """The counts as they were."""
        return Counts(**self.counts)


def finished_before(session: Session, searched: Searched, ir: ProgramIR) -> Finished | None:
    """What this search found, if it would find the same again.

    Args:
        session: open, and told which calls failed before.
        searched: what is to be searched.
        ir: the program.

    Raises:
        StoreError: the store can't be read.
    """
    if not may_be_kept(session, ir):
        return None
    note = session.store.note_get(searched.note)
    if note is None:
        return None
    seal, _, body = note.partition("\n")
    if seal != hashlib.sha256(body.encode()).hexdigest():
        return None
    try:
        found = Finished.model_validate_json(body)
        packed = base64.b64decode(found.identities, validate=True)
    except (ValidationError, binascii.Error):
        return None
    if found.schema_version != SCHEMA or len(packed) % SIZE or found.inputs != inputs_of(session, searched):
        return None
    identities = [packed[at : at + SIZE].hex() for at in range(0, len(packed), SIZE)]
    return found if responses_of(session, identities) == found.responses else None


def keep_finished(
    session: Session,
    searched: Searched,
    ir: ProgramIR,
    *,
    points: Sequence[Program],
    front: FrontReport | None,
) -> None:
    """Keep what a search found, in place of what the same program gave before.

    A store that can't be written keeps nothing.

    Raises:
        StoreError: the store can't be read.
    """
    executor = session.executor
    if executor.failed or not may_be_kept(session, ir):
        return
    identities = list(executor.known)
    responses = responses_of(session, identities)
    if responses is None:
        return
    kept = Finished(
        inputs=inputs_of(session, searched),
        identities=base64.b64encode(bytes.fromhex("".join(identities))).decode(),
        responses=responses,
        points=tuple(FinishedProgram.model_validate(one, from_attributes=True) for one in points),
        front=front,
        counts=asdict(executor.counts),
    )
    body = kept.model_dump_json()
    with suppress(StoreError):
        session.store.note_put(searched.note, f"{hashlib.sha256(body.encode()).hexdigest()}\n{body}")
        for name in session.store.notes():
            if name.startswith(f"{PREFIX}{searched.place}:") and name != searched.note:
                session.store.note_clear(name)


def may_be_kept(session: Session, ir: ProgramIR) -> bool:
    """Whether responses alone decide what is found; of code, the sandbox has its say."""
    runs_code = ir.task is not None and ir.task.key.kind == "code"
    return not (session.executor.assumed or session.failures or getattr(ir, "functions", ()) or runs_code)


def inputs_of(session: Session, searched: Searched) -> str:
    """The hash of all that goes into a search but the responses: its key and what that does not cover."""
    models = {name: bound.fingerprint for name, bound in session.executor.models.items()}
    parts = [SCHEMA, searched.key, models, session.executor.options.deploy, package_hash(), sys.version]
    whole = json.dumps([*parts, libraries(), searched.texts], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def responses_of(session: Session, identities: list[str]) -> str | None:
    """The hash of responses, in this order; None if one is not there."""
    found = session.executor.store.read(identities)
    if len(found) < len(identities):
        return None
    state = hashlib.sha256()
    for identity in identities:
        state.update(line_of(found[identity]))
    return state.hexdigest()


def line_of(response: StoredResponse) -> bytes:
    """All of a response that a search may look at, as one line."""
    parts = [
        response.identity,
        response.text,
        response.finish,
        response.prompt_tokens,
        response.completion_tokens,
        response.latency,
        response.reasoning,
        response.logprobs,
    ]
    return json.dumps(parts).encode() + b"\n"


def package_hash() -> str:
    """The hash of this package's files: another version of tglc may find something else."""
    state = hashlib.sha256()
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*")):
        if path.suffix in {".py", ".toml", ".lark", ".tgl"}:
            state.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return state.hexdigest()


def libraries() -> dict[str, str]:
    """The versions of the libraries that a search computes with."""
    found: dict[str, str] = {}
    for name in LIBRARIES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
