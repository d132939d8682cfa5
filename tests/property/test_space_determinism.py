"""The same seed gives the same candidates in another process, whatever PYTHONHASHSEED is."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
from tgl.space import Stream, decisions, resolve, sample
from tgl.testing.ir_builder import GraphBuilder, function, role

b = GraphBuilder("g")
args = {"question": b.input()}
b.group(
    "w",
    lambda _: [role("assistant", "question", "d*", args=args), role("fuser", "question", "d+", args=args)],
    count=(1, 5),
    on=("small", "large"),
)
b.group("final", lambda _: [function("majority", "std.reduce:majority", "d+")])
for j in range(1, 6):
    for i in range(1, j):
        b.edge(b.ref("w", i), b.ref("w", j), "d", p=0.5)
    b.edge(b.ref("w", j), b.ref("final"), "d", p=0.5)
ir = b.program(b.ref("final"))
for trial in range(12):
    drawn = sample(ir, Stream(3, trial))
    print(drawn.assignment, drawn.log_prob.hex(), resolve(ir, drawn.assignment).candidate.digest)
"""


@pytest.mark.slow
def test_another_hash_seed_changes_nothing() -> None:
    printed = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(printed) == 1
    assert printed.pop().count("\n") == 12
