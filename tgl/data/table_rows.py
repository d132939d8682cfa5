"""Rows in tables: CSV and TSV with a header, and MMLU's CSV without one (RFC 4180; quotes are doubled)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence

from tgl.data.file_problems import BadTable
from tgl.data.places import RowPlace
from tgl.data.problems import Findings
from tgl.data.values import Row
from tgl.text import SourceFile, Span

MMLU_FIELDS = ("question", "A", "B", "C", "D", "answer")
OTHERS = {";": "semicolons", "\t": "tabs", "|": "bars"}
"""What separates values in tables that call themselves CSV; spreadsheets do so by the country's comma."""
WIDTH = "put quotes around values that hold commas or line ends, and double the quotes in them"


class Feed:
    """The lines of a text for `csv.reader`, which counts where it is."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.number = text, 0, 0

    def __iter__(self) -> Feed:
        return self

    def __next__(self) -> str:
        if self.at >= len(self.text):
            raise StopIteration
        end = self.text.find("\n", self.at) + 1 or len(self.text)
        line, self.at, self.number = self.text[self.at : end], end, self.number + 1
        return line


def cells(text: str, name: str, delimiter: str, findings: Findings) -> Iterator[tuple[list[str], RowPlace]]:
    """The cells of each row that is not blank, up to the first one that can't be read."""
    source, feed = SourceFile(name, text), Feed(text)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        start, number = feed.at, feed.number + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            end = text.find("\n", start)
            span = Span(start, len(text) if end < 0 else end)
            findings.add(bad_row(RowPlace(name, number, "line", source, span), str(error)))
            return
        if row is None:
            return
        place = RowPlace(
            name, number, "line", source, Span(start, start + len(text[start : feed.at].rstrip("\r\n")))
        )
        if any(cell.strip() for cell in row):
            yield row, place


def bad_row(place: RowPlace, error: str) -> BadTable:
    """What `csv` found, in words."""
    if "unexpected end of data" in error:
        return BadTable(place, "has a quote that is never closed", WIDTH, "quote")
    if "field larger" in error:
        most = f"{csv.field_size_limit():,}"
        return BadTable(
            place,
            f"has a value of more than {most} characters, or a quote that is never closed",
            WIDTH,
            "size",
        )
    if "new-line character" in error:
        return BadTable(place, "ends with a carriage return alone", "save the file with line feeds", "line")
    return BadTable(place, "has something behind a closing quote", WIDTH, "quote")


def table_rows(text: str, name: str, delimiter: str, findings: Findings) -> Iterator[Row]:
    """The rows of a table whose first row names the fields. All values are texts."""
    header: list[str] = []
    for row, place in cells(text, name, delimiter, findings):
        if not header:
            header = [cell.strip() for cell in row]
            problem = bad_header(header, place)
            if problem is not None:
                findings.add(problem)
                return
        elif [cell.strip() for cell in row] == header:
            hint = "the file seems to be several joined: remove the headers after the first"
            findings.add(BadTable(place, "repeats the header", hint, "header"))
        elif len(row) != len(header):
            wrong = f"has {counted(row)}, and the header names {len(header)}"
            findings.add(BadTable(place, wrong, WIDTH, "width"))
        else:
            yield Row(dict(zip(header, row, strict=True)), place)


def bad_header(header: Sequence[str], place: RowPlace) -> BadTable | None:
    """What is wrong with the names of fields."""
    other = next((mark for mark in OTHERS if len(header) == 1 and mark in header[0]), None)
    if other is not None:
        hint = "values are separated by commas in a file .csv, by tabs in a file .tsv: save or name it so"
        return BadTable(place, f"has {OTHERS[other]} between its names", hint, "mark")
    if "" in header:
        at = header.index("") + 1
        return BadTable(place, f"names no field in column {at}", "the first row names each field", "name")
    again = next((name for at, name in enumerate(header) if name in header[:at]), None)
    if again is not None:
        return BadTable(
            place, f"names the field `{again}` twice", "give each field a name of its own", "name"
        )
    return None


def counted(row: Sequence[str]) -> str:
    """A number of values in words."""
    return "1 value" if len(row) == 1 else f"{len(row)} values"


def mmlu_rows(text: str, name: str, subject: str, findings: Findings) -> Iterator[Row]:
    """The rows of a file of MMLU: question, four options, the letter of the right one; no header."""
    for row, place in cells(text, name, ",", findings):
        if len(row) != len(MMLU_FIELDS):
            wrong = f"has {counted(row)}; a row of MMLU has 6: question, A, B, C, D, answer"
            findings.add(BadTable(place, wrong, WIDTH, "width"))
        elif [cell.strip().lower() for cell in row] == [field.lower() for field in MMLU_FIELDS]:
            hint = "MMLU's files have none: say `format: csv`, or remove it"
            findings.add(BadTable(place, "is a header", hint, "header"))
        else:
            values = dict(zip(MMLU_FIELDS, row, strict=True))
            yield Row({**values, "subject": subject}, place)
