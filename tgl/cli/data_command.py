"""`tglc data`: what a task's data, or a file of data, holds; no network, and nothing is executed."""

from __future__ import annotations

import argparse
import json

from pydantic import JsonValue

from tgl.cli.outcome import show
from tgl.data import FieldCard, Spread, TargetCard
from tgl.diagnostics import Severity, render_json
from tgl.pipeline.data_card import DataCard, Reading, data_cards
from tgl.pipeline.stop import Exit


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", metavar="FILE", help="a program (.tgl), or a file or folder of data")
    parser.add_argument("--task", metavar="NAME", help="of a program's tasks, this one")
    parser.add_argument("--format", default="", help="of data, if the names of its files do not tell")
    parser.add_argument("--fields", default="", metavar="…", help='as in a task: "question: problem"')
    parser.add_argument("--where", default="", metavar="…", help='as in a task: "level >= 4"')
    parser.add_argument("--given", default="", metavar="NAMES", help="the fields that are asked")
    parser.add_argument("--expect", default="", metavar="NAME", help="the field of the target")
    parser.add_argument("--key", default="", metavar="KEY", help='as in a task: "number, tolerance: 1%%"')
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(options: argparse.Namespace) -> int:
    """Print the cards; 1 if something is wrong with the data."""
    reading = Reading(
        options.format, options.fields, options.where, options.given, options.expect, options.key
    )
    cards = data_cards(options.file, reading, task=options.task)
    problems = [problem for card in cards for problem in card.problems]
    if options.json:
        print(json.dumps({"cards": [card_json(card) for card in cards]}, indent=2, ensure_ascii=False))
    else:
        print("\n\n".join("\n".join(card_lines(card)) for card in cards))
        show(problems, as_json=False)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if any(problem.code == "R0310" for problem in errors):
        return Exit.OUTSIDE
    if not options.file.endswith(".tgl") and any(problem.code == "R0305" for problem in errors):
        return Exit.USAGE
    return Exit.FAILED if errors else Exit.DONE


def card_lines(card: DataCard) -> list[str]:
    """A card in lines."""
    read = card.read
    files = "1 file" if read.files == 1 else f"{read.files:,} files"
    rows = (
        f"{len(read.rows):,} row{'' if read.found == 1 else 's'}"
        if len(read.rows) == read.found
        # Rows that are wrong are left out of the card as well, and told below it.
        else f"{len(read.rows):,} of {read.found:,} rows" + (" (`where`)" if read.is_usable else "")
    )
    title = f"{read.name}: {rows}, {files}, {read.format or 'format unclear'}"
    lines = [title if card.task is None else f"task {card.task}: {title}"]
    if read.ignored:
        more = f" and {len(read.ignored) - 5} more" if len(read.ignored) > 5 else ""
        lines.append(f"left out, no rows by name: {', '.join(read.ignored[:5])}{more}")
    if card.fields:
        width = max(len(field.name) for field in card.fields)
        lines += ["", *(f"  {field.name:<{width}}  {field_words(field)}" for field in card.fields)]
    if card.target is not None:
        lines += ["", *target_lines(card.target)]
    if card.splits:
        lines.append("")
        for split in card.splits:
            lines.append(
                f"{split.name}: {split.rows:,} rows fall into it, {split.questions:,} different questions, "
                f"{split.used:,} used"
            )
    return [*lines, f"hash: {read.hash}"] if read.hash else lines


def field_words(field: FieldCard) -> str:
    """A field in words."""
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in field.kinds)
    parts = [kinds, f"{field.distinct:,} different"]
    if field.missing:
        parts.append(f"missing {field.missing:,}")
    for what, values in (
        ("characters", field.characters),
        ("values", field.numbers),
        ("members", field.members),
    ):
        if values is not None:
            parts.append(f"{what} {spread_words(values)}")
    return "; ".join(parts)


def spread_words(values: Spread) -> str:
    """A spread in words."""
    return f"{values.least:g}..{values.most:g}, median {values.median:g}, p95 {values.p95:g}"


def target_lines(target: TargetCard) -> list[str]:
    """What a key makes of the target, in lines."""
    share = f"{target.readable:,} of {target.rows:,} targets"
    lines = [f"key {target.kind} reads {share} in `{target.field}`; {target.distinct:,} different answers"]
    if target.frequent:
        shown = ", ".join(
            f"{answer} ({count:,}, {count / target.readable:.0%})" for answer, count in target.frequent
        )
        lines.append(f"most frequent: {shown}")
    return lines + [f"not read: {one.value} in {one.place}" for one in target.unread]


def card_json(card: DataCard) -> dict[str, JsonValue]:
    """A card as JSON."""
    read, target = card.read, card.target
    return {
        "task": card.task,
        "name": read.name,
        "format": read.format,
        "rows": len(read.rows),
        "rows_before_where": read.found,
        "files": read.files,
        "left_out": list(read.ignored),
        "hash": read.hash,
        "fields": [
            {
                "name": field.name,
                "rows": field.rows,
                "missing": field.missing,
                "kinds": dict(field.kinds),
                "distinct": field.distinct,
                "characters": spread_json(field.characters),
                "numbers": spread_json(field.numbers),
                "members": spread_json(field.members),
            }
            for field in card.fields
        ],
        "target": None
        if target is None
        else {
            "field": target.field,
            "key": target.kind,
            "rows": target.rows,
            "readable": target.readable,
            "distinct": target.distinct,
            "frequent": [{"answer": answer, "count": count} for answer, count in target.frequent],
            "unread": [{"place": one.place, "value": one.value} for one in target.unread],
        },
        "splits": [
            {"name": one.name, "rows": one.rows, "questions": one.questions, "used": one.used}
            for one in card.splits
        ],
        "diagnostics": json.loads(render_json(card.problems)),
    }


def spread_json(values: Spread | None) -> JsonValue:
    """A spread as JSON."""
    if values is None:
        return None
    return {"least": values.least, "median": values.median, "p95": values.p95, "most": values.most}
