"""`tglc sample`: a resolved program drawn by chance from the space, on standard output."""

from __future__ import annotations

import argparse

from tgl.pipeline.running import sampled_text


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", metavar="FILE", help="a program with choices (`~`)")
    parser.add_argument("--graph", help="which graph, if there are several")
    parser.add_argument("--seed", type=int, default=0, help="which draw; 0 if not given")


def run(options: argparse.Namespace) -> int:
    """Print it."""
    print(sampled_text(options.file, options.seed, graph=options.graph), end="")
    return 0
