"""`tglc explain`: what a code means, with a small wrong program and the same put right."""

from __future__ import annotations

import argparse
import json

from tgl.diagnostics import CODES, Code, codes_by_room, did_you_mean, page_of, room_of
from tgl.pipeline.stop import Exit, Stop


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "code", nargs="?", metavar="CODE", help="a code, or its name (E0203, unknown-name); without one: all"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    """0, or 2 if there is no such code."""
    if options.code is None:
        print(listed(as_json=options.json))
        return Exit.DONE
    entry = found(options.code)
    page = page_of(entry.code) or f"# {entry.code} {entry.slug}\n\n{entry.summary}\n"
    if options.json:
        print(json.dumps({**values(entry), "page": page}, indent=2))
    else:
        print(page, end="")
    return Exit.DONE


def found(wanted: str) -> Code:
    """The code that a person means.

    Raises:
        Stop: there is none; says which ones are near.
    """
    for entry in CODES:
        if wanted.upper() == entry.code or wanted.lower() == entry.slug:
            return entry
    names = [name for entry in CODES for name in (entry.code, entry.slug)]
    near = did_you_mean(wanted.upper(), names) or did_you_mean(wanted.lower(), names)
    message = f"there is no code `{wanted}`" + (f"; {near}" if near else "")
    raise Stop(Exit.USAGE, message=f"{message}\n  = help: `tglc explain` lists all of them")


def listed(*, as_json: bool) -> str:
    """All codes by room, one line each."""
    if as_json:
        return json.dumps(
            {"codes": [values(entry) for _, room in codes_by_room() for entry in room]}, indent=2
        )
    width = max(len(entry.slug) for entry in CODES)
    parts = [
        "\n".join([room, *(f"  {entry.code}  {entry.slug:{width}}  {entry.summary}" for entry in entries)])
        for room, entries in codes_by_room()
    ]
    return "\n\n".join(parts)


def values(entry: Code) -> dict[str, str]:
    """What is known about a code, as JSON values."""
    return {
        "code": entry.code,
        "slug": entry.slug,
        "severity": str(entry.severity),
        "room": room_of(entry.code),
        "summary": entry.summary,
    }
