"""Free-form answers are scored by what they mean: whether their vectors and the target's point the same way.

An answer that is the target, in normal form, is right without a call; of others the cosine decides
(`tgl.keys.meanings`). The targets' vectors are asked for first, before any program is run: a server that
makes none ends the command then, and not after the program was paid for. The calls for vectors are calls as
those of a judge are: stored, replayed, on the bill, on the spend of whoever needed them first, and no part of
a program's cost or latency. (Vectors that the program's own votes need are its own: `tgl.space.vectors`.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tgl.evaluate.by_judge import Runs, lost
from tgl.evaluate.data import Example
from tgl.evaluate.scoring import Graded, JudgedCalls, NotScored
from tgl.ir import Candidate, KeySpec
from tgl.keys import ROUNDING, Answer, NoVector, similarity, vector_in
from tgl.runtime import Job, RunResult
from tgl.space import vector_program


@dataclass(frozen=True, slots=True)
class ByVectors:
    """1 if an answer's vector is at least as like the target's as the key says.

    Args:
        key: with the model and the least cosine.
        program: makes a vector (`vector_program`).
        runs: runs it.
    """

    key: KeySpec
    program: Candidate
    runs: Runs

    async def prepare(self, examples: Sequence[Example]) -> None:
        """Have the vectors of the targets.

        Raises:
            BatchStopped: the model makes none.
        """
        await self.made(list(dict.fromkeys(one.expected.key for one in examples)))

    async def made(self, texts: Sequence[str]) -> Mapping[str, RunResult]:
        """The runs that made the vectors of texts."""
        results = await self.runs.run_all([Job(self.program, {"text": text}) for text in texts])
        return dict(zip(texts, results, strict=True))

    async def scores(self, asked: Sequence[tuple[Answer, Example]]) -> Sequence[Graded]:
        """1 or 0 each, with the calls behind it.

        Raises:
            NotScored: two vectors don't go together.
        """
        pairs = [(answer.key, one.expected.key) for answer, one in asked]
        texts = dict.fromkeys(text for pair in pairs if pair[0] != pair[1] for text in pair)
        made = await self.made([*texts])
        return [
            Graded(1.0) if answer == target else self.grade(made[answer], made[target])
            for answer, target in pairs
        ]

    def grade(self, answer: RunResult, target: RunResult) -> Graded:
        """A comparison of two vectors as a score."""
        both = (answer, target)
        failure = next((f"vector {one.failure or 'unknown'}" for one in both if lost(one)), "")
        calls = JudgedCalls(
            calls=tuple(use for one in both for use in one.calls),
            failure=failure,
            failed_calls=tuple(
                (one.failed_call, one.failure or "unknown") for one in both if one.failed_call
            ),
            sure=True,
        )
        if failure:
            return Graded(0.0, judged=calls)
        assert self.key.similarity is not None
        try:
            alike = similarity(vector_in(answer.text), vector_in(target.text))
        except NoVector as error:
            raise NotScored(
                "E0863",
                f"an answer can't be compared with its target: {error}",
                help="give each model behind one name a `revision` of its own: their vectors can't be mixed",
            ) from None
        return Graded(1.0 if alike >= self.key.similarity - ROUNDING else 0.0, judged=calls)


def vectors_of(key: KeySpec, runs: Runs) -> ByVectors:
    """The scorer of a task whose key is `embedding`."""
    assert key.embedder is not None
    return ByVectors(key, vector_program(key.embedder), runs)
