"""`tglc graph`: a program with its choices and their probabilities, or one candidate, as a drawing."""

from __future__ import annotations

import argparse
from pathlib import Path

from tgl.pipeline.drawing import FORMATS, DrawingFormat, Drawn, drawing
from tgl.pipeline.saying import placeless
from tgl.pipeline.sources import write_file
from tgl.pipeline.stop import Exit, Stop


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", metavar="FILE", help="a program; `-` is standard input")
    parser.add_argument("--graph", metavar="NAME", help="which graph, if there are several")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--candidate",
        metavar="WHICH",
        type=drawn,
        help="draw one candidate: `mode` is the most probable one, a number the draw of `tglc sample --seed`",
    )
    which.add_argument(
        "--resolved",
        action="store_const",
        const=Drawn("resolved"),
        dest="candidate",
        help="draw a resolved program as it runs, replica by replica",
    )
    parser.add_argument("--format", choices=[*FORMATS], help="mermaid if -o does not tell")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to FILE instead of printing")


def drawn(text: str) -> Drawn:
    """The value of `--candidate`."""
    if text == "mode":
        return Drawn("mode")
    if text.isascii() and text.isdigit():
        return Drawn("seed", int(text))
    raise argparse.ArgumentTypeError(f"{text!r} is neither `mode` nor a number, such as 0")


def run(options: argparse.Namespace) -> int:
    """Draw it."""
    text = drawing(options.file, format_of(options), graph=options.graph, which=options.candidate)
    if options.output is None:
        print(text, end="")
        return Exit.DONE
    write_file(options.output, text)
    print(f"written: {options.output}")
    return Exit.DONE


def format_of(options: argparse.Namespace) -> DrawingFormat:
    """The format that is asked for, by name or by the end of the file's name.

    Raises:
        Stop: neither tells, or they disagree.
    """
    chosen: DrawingFormat | None = options.format
    if options.output is None:
        return "mermaid" if chosen is None else chosen
    end = options.output.suffix.lower()
    meant: DrawingFormat | None = next((name for name, ends in FORMATS.items() if end in ends), None)
    if meant is not None and chosen not in (None, meant):
        raise Stop(
            Exit.USAGE,
            placeless("R0305", f"--format {chosen} does not fit {options.output}", help=f"--format {meant}"),
        )
    if chosen is None and meant is None:
        known = ", ".join(end for ends in FORMATS.values() for end in ends)
        raise Stop(
            Exit.USAGE,
            placeless(
                "R0305",
                f"{options.output} does not tell in which format to draw",
                help=f"--format mermaid, dot or svg; or end the name with one of {known}",
            ),
        )
    if meant is not None:
        return meant
    return chosen if chosen is not None else "mermaid"
