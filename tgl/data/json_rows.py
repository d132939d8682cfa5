"""Rows in JSON: one object on a line (JSONL), or files with an object or a list of objects."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic import JsonValue, ValidationError

from tgl.data.decoding import Caps
from tgl.data.file_problems import TooLarge
from tgl.data.places import RowPlace
from tgl.data.problems import JSON_LINE, Findings, NotAnObject, NotJson
from tgl.data.values import ROW, Row, json_reason, kind_of, parsed, refuse_surrogates
from tgl.text import SourceFile, Span

ONE_OR_LIST = "a .json file holds one object or a list of objects"
LINES_IN_JSON = "a .json file holds one object or a list; for an object on each line say `format: jsonl`"


def long_line(content: bytes, most: int) -> bool:
    """Whether some line has more than `most` bytes."""
    start = 0
    while len(content) - start > most:
        end = content.rfind(b"\n", start, start + most + 1)
        if end < 0:
            return True
        start = end + 1
    return False


def lines(source: SourceFile) -> Iterator[RowPlace]:
    """The lines that are not blank. Only line feeds end a line: JSON text may hold other separators."""
    start = 0
    for number, text in enumerate(source.text.split("\n"), 1):
        if text.strip():
            yield RowPlace(source.name, number, "line", source, Span(start, start + len(text.rstrip("\r"))))
        start += len(text) + 1


def jsonl_rows(text: str, name: str, findings: Findings) -> Iterator[Row]:
    """The rows of a JSONL file in order; blank lines are skipped."""
    source = SourceFile(name, text)
    for line in lines(source):
        values = object_at(text[line.span.start : line.span.end], line, findings)
        if values is not None:
            yield Row(values, line)


def object_at(text: str, place: RowPlace, findings: Findings) -> dict[str, JsonValue] | None:
    """The object that a text is, or None after adding why it is none."""
    value: object = None
    try:
        value = parsed(text)
        row = ROW.validate_python(value, strict=True)
        refuse_surrogates(row)
    except json.JSONDecodeError as error:
        findings.add(NotJson(place, json_reason(error), column=error.pos, hint=hint_for(place, error)))
    except ValidationError:
        findings.add(NotAnObject(place, kind_of(value)))
    except (ValueError, RecursionError) as error:
        deep = isinstance(error, RecursionError)
        findings.add(NotJson(place, "nested too deeply" if deep else reason_of(error)))
    else:
        return row
    return None


def hint_for(place: RowPlace, error: json.JSONDecodeError) -> str:
    """What to do about a text that is no JSON."""
    if place.unit == "line":
        return JSON_LINE
    return (
        LINES_IN_JSON if error.msg == "Extra data" else "a .json file holds one object or a list of objects"
    )


def reason_of(error: Exception) -> str:
    """Why a number or a text has no value."""
    words = str(error)
    return "a number has too many digits" if "integer string conversion" in words else words


def json_file_rows(text: str, name: str, findings: Findings, caps: Caps) -> Iterator[Row]:
    """The rows of a .json file: of an object that one, of a list its members."""
    source = SourceFile(name, text)
    whole = RowPlace(name, 1, "file", source, Span(0, len(text.rstrip())))
    if not text.strip():
        findings.add(NotJson(whole, "it is empty", hint=ONE_OR_LIST))
        return
    if not text.lstrip().startswith("["):
        if len(text) > caps.row:
            findings.add_whole(TooLarge(name, "the row", len(text), caps.row))
            return
        values = object_at(text, whole, findings)
        if values is not None:
            yield Row(values, whole)
        return
    for number, (start, end) in enumerate(members(text, whole, findings), 1):
        place = RowPlace(name, number, "row", source, Span(start, end))
        values = object_at(text[start:end], place, findings)
        if values is not None:
            yield Row(values, place)


def members(text: str, whole: RowPlace, findings: Findings) -> Iterator[tuple[int, int]]:
    """Where the members of a JSON list begin and end."""
    decoder = json.JSONDecoder()
    at = past_space(text, text.index("[") + 1)
    if text[at : at + 1] == "]":
        return
    while True:
        try:
            _, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            findings.add(NotJson(whole, json_reason(error), column=error.pos, hint=hint_for(whole, error)))
            return
        except (ValueError, RecursionError) as error:
            deep = isinstance(error, RecursionError)
            findings.add(NotJson(whole, "nested too deeply" if deep else reason_of(error), column=at))
            return
        yield at, end
        at = past_space(text, end)
        match text[at : at + 1]:
            case ",":
                at = past_space(text, at + 1)
            case "]":
                if text[at + 1 :].strip():
                    findings.add(NotJson(whole, "something follows the list", column=at + 1))
                return
            case _:
                reason = "`,` or a closing bracket is missing"
                ends = not text[at:].strip()
                findings.add(
                    NotJson(whole, "it ends before the list is complete" if ends else reason, column=at)
                )
                return


def past_space(text: str, at: int) -> int:
    """The first place from `at` on that is no white space of JSON."""
    while text[at : at + 1] and text[at] in " \t\r\n":
        at += 1
    return at
