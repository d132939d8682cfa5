"""Task data: JSONL text to examples, or everything that is wrong with it at once."""

from __future__ import annotations

import codecs
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from pydantic import JsonValue, TypeAdapter, ValidationError

from tgl.evaluate.data_problems import (
    DataProblem,
    Line,
    MissingField,
    NoExamples,
    NotAnObject,
    NotAScalar,
    NotJson,
    NotText,
    RepeatedRows,
    UnreadableTarget,
)
from tgl.ir import TaskSpec
from tgl.keys import Answer, expected, normalised
from tgl.text import SourceFile, Span

Given: TypeAlias = str | int | float | bool

ROW: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


@dataclass(frozen=True, slots=True)
class Example:
    """One row of a task.

    Args:
        index: place in the file among all rows, from 0.
        given: the fields that a program may read, in the task's order.
        expected: the target under the task's key; no program ever sees it.
        group: the value of the task's `by` field as text, None if there is none.
        digest: hash of the normalised given fields; rows that ask the same share it.
    """

    index: int
    given: Mapping[str, Given]
    expected: Answer
    group: str | None
    digest: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """The examples of a file, in file order, and the hash of its bytes (`sha256:…`)."""

    name: str
    examples: tuple[Example, ...]
    hash: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """A dataset, or None where a problem is an error; warnings may stand beside a dataset."""

    dataset: Dataset | None
    problems: tuple[DataProblem, ...]


@dataclass(slots=True)
class Findings:
    """First line and count of each kind of problem, in order of appearance."""

    firsts: dict[tuple[str, str], tuple[Line, str, tuple[str, ...], int | None]] = field(default_factory=dict)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(
        self,
        kind: str,
        subject: str,
        line: Line,
        detail: str = "",
        names: tuple[str, ...] = (),
        column: int | None = None,
    ) -> None:
        self.firsts.setdefault((kind, subject), (line, detail, names, column))
        self.counts[kind, subject] = self.counts.get((kind, subject), 0) + 1

    def problems(self, task: TaskSpec) -> list[DataProblem]:
        made: list[DataProblem] = []
        for (kind, subject), (line, detail, names, column) in self.firsts.items():
            others = self.counts[kind, subject] - 1
            match kind:
                case "json":
                    made.append(NotJson(line, detail, others, column))
                case "object":
                    made.append(NotAnObject(line, detail, others))
                case "missing":
                    made.append(MissingField(subject, line, others, names))
                case "scalar":
                    made.append(NotAScalar(subject, line, detail, others))
                case _:
                    made.append(UnreadableTarget(subject, task.key.kind, line, detail, others))
        return made


def load_dataset(task: TaskSpec, content: bytes, name: str) -> Loaded:
    """The examples of a JSONL file. Never raises on content; blank lines are skipped.

    Args:
        task: tells which fields there are, and the key.
        content: the file's bytes.
        name: the file's name as the user knows it.
    """
    text = text_of(content, name)
    if isinstance(text, NotText):
        return Loaded(None, (text,))
    source = SourceFile(name, text)
    findings = Findings()
    rows = [(line, row) for line in lines(source) if (row := read_row(task, line, findings)) is not None]
    if not rows and not findings.firsts:
        return Loaded(None, (NoExamples(name),))
    if problems := findings.problems(task):
        return Loaded(None, tuple(problems))
    examples = tuple(example(task, index, row, answer) for index, (_, (row, answer)) in enumerate(rows))
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    repeated = repeats([line for line, _ in rows], examples)
    return Loaded(Dataset(name, examples, digest), repeated)


def text_of(content: bytes, name: str) -> str | NotText:
    """The text of a file in UTF-8, its byte order mark left out; or why it is none."""
    try:
        text = content.decode("utf-8-sig")
        at = content.find(b"\0")
    except UnicodeDecodeError as error:
        at = error.start + (len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0)
    else:
        if at < 0:
            return text
    before = content[:at].decode("utf-8-sig", errors="replace") + chr(0xFFFD if content[at] else 0)
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return NotText(SourceFile(name, before), content[at], utf16)


def lines(source: SourceFile) -> list[Line]:
    """The lines that are not blank. Only line feeds end a line: JSON text may hold other separators."""
    found: list[Line] = []
    start = 0
    for number, text in enumerate(source.text.split("\n"), 1):
        if text.strip():
            found.append(Line(source, number, Span(start, start + len(text.rstrip("\r")))))
        start += len(text) + 1
    return found


def read_row(task: TaskSpec, line: Line, findings: Findings) -> tuple[dict[str, JsonValue], Answer] | None:
    """The object on a line with its target, or None after adding what is wrong with it."""
    text = line.source.text[line.span.start : line.span.end]
    try:
        value: object = json.loads(text, parse_constant=refuse_constant)
        row = ROW.validate_python(value, strict=True)
        refuse_surrogates(row)
    except json.JSONDecodeError as error:
        findings.add("json", "", line, json_reason(error), column=error.pos)
        return None
    except ValidationError:
        findings.add("object", "", line, kind_of(json.loads(text)))
        return None
    except (ValueError, RecursionError) as error:
        findings.add(
            "json", "", line, "nested too deeply" if isinstance(error, RecursionError) else str(error)
        )
        return None
    wanted = dict.fromkeys((*task.given, task.expect, *((task.by,) if task.by else ())))
    missing = [name for name in wanted if name not in row]
    for name in missing:
        findings.add("missing", name, line, names=tuple(row))
    nested = [name for name in wanted if name in row and name != task.expect and not is_scalar(row[name])]
    for name in nested:
        findings.add("scalar", name, line, kind_of(row[name]))
    if missing or nested:
        return None
    answer = expected(task.key, row[task.expect])
    if answer is None:
        findings.add("target", task.expect, line, shortened(json.dumps(row[task.expect], ensure_ascii=False)))
        return None
    return row, answer


def json_reason(error: json.JSONDecodeError) -> str:
    """Why a line is no JSON, in words."""
    if not error.doc[error.pos :].strip():
        return "it ends before the object is complete"
    words = {
        "Extra data": "something follows the object",
        "Expecting property name enclosed in double quotes": "a name in double quotes should stand here",
        "Expecting value": "a value should stand here",
        "Expecting ':' delimiter": "`:` is missing after a name",
        "Expecting ',' delimiter": "`,` or a closing bracket is missing",
        "Illegal trailing comma before end of object": "nothing follows the last comma",
        "Illegal trailing comma before end of array": "nothing follows the last comma",
        "Unterminated string starting at": "a text has no closing quote",
        "Invalid control character at": "a control character stands in a text",
    }
    return f"{words.get(error.msg, error.msg[:1].lower() + error.msg[1:])} (column {error.pos + 1})"


def refuse_constant(name: str) -> object:
    """NaN and infinities are no JSON."""
    raise ValueError(f"`{name}` is no JSON value")


def refuse_surrogates(row: Mapping[str, JsonValue]) -> None:
    r"""A `\ud800` without its other half is JSON, but no text that could be asked or stored."""
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("a text holds half of a surrogate pair") from None


def is_scalar(value: JsonValue) -> bool:
    """Whether a program can read it."""
    return isinstance(value, str | int | float | bool)


def kind_of(value: object) -> str:
    """A JSON value's kind in words."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"


def shortened(text: str, limit: int = 60) -> str:
    """`text`, cut to `limit` code points."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def example(task: TaskSpec, index: int, row: Mapping[str, JsonValue], answer: Answer) -> Example:
    """A checked row as an example."""
    given: dict[str, Given] = {}
    for name in task.given:
        value = row[name]
        assert isinstance(value, str | int | float | bool)
        given[name] = value
    group = None if task.by is None else given_text(row[task.by])
    return Example(index, given, answer, group, given_digest(given))


def given_text(value: JsonValue) -> str:
    """A field as text: a text stays, other scalars are written as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def given_digest(given: Mapping[str, Given]) -> str:
    """Sha-256 (hex) of the given fields in their normal form, whatever their order."""
    normal = {name: normalised(given_text(value)) for name, value in given.items()}
    return hashlib.sha256(json.dumps(normal, sort_keys=True).encode()).hexdigest()


def repeats(rows: Sequence[Line], examples: Sequence[Example]) -> tuple[RepeatedRows, ...]:
    """Rows that ask what an earlier row asked: with the same target, and with another one."""
    first_with: dict[str, int] = {}
    found: dict[bool, list[tuple[int, int]]] = {}
    for place, one in enumerate(examples):
        earlier = first_with.setdefault(one.digest, place)
        if earlier != place:
            conflicting = examples[earlier].expected.key != one.expected.key
            found.setdefault(conflicting, []).append((earlier, place))
    return tuple(
        RepeatedRows(rows[pairs[0][0]], rows[pairs[0][1]], len(pairs), conflicting)
        for conflicting, pairs in sorted(found.items())
    )
