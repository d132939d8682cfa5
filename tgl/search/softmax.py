"""A policy that can learn: one softmax a choice, never below a share of the program's own weights.

For a choice with declared weights w (normalised), logits t and floor e, an atom has the weight

    p_k = (1 - e) * softmax(log w + t)_k + e * w_k

so no atom ever falls below e * w_k: that floor keeps the entropy up, whatever was told. The space
normalises over the atoms A that the constraints allow at that point: P_k = p_k / sum of p over A.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tgl.ir import Assignment, ChoicePoint
from tgl.search.protocol import Policy, SearchSpace

Logits: TypeAlias = NDArray[np.float64]


class FlooredSoftmax:
    """Weights of all choices under `logits` (by address; a missing address has logits 0: the prior).

    Args:
        prior: the program's own weights.
        logits: one array a choice, as long as its atoms.
        floor: share of the prior that always stays, in (0, 1].

    Raises:
        ValueError: if `floor` is outside its range.
    """

    def __init__(self, prior: Policy, logits: Mapping[str, Logits], floor: float) -> None:
        if not 0.0 < floor <= 1.0:
            raise ValueError(f"floor must lie in (0, 1], not {floor}")
        self.prior, self.logits, self.floor = prior, logits, floor

    def weights(self, choice: ChoicePoint) -> Sequence[float]:
        """Normalised weights of the choice's atoms, all > 0."""
        prior, soft = self.parts(choice)
        mixed: list[float] = ((1.0 - self.floor) * soft + self.floor * prior).tolist()
        return mixed

    def parts(self, choice: ChoicePoint) -> tuple[Logits, Logits]:
        """The declared weights and the softmax of the choice, both normalised."""
        declared = np.asarray(self.prior.weights(choice), dtype=np.float64)
        declared = declared / declared.sum()
        logits = self.logits.get(choice.address)
        if logits is None:
            return declared, declared
        raised = np.log(declared) + logits
        soft = np.exp(raised - raised.max())
        return declared, soft / soft.sum()

    def score(self, space: SearchSpace, assignment: Assignment) -> dict[str, Logits]:
        """Gradient of the assignment's log-probability in the logits, by address, exact.

        With g_km = d log p_k / d t_m = (1 - e) s_k (1[k = m] - s_m) / p_k, the gradient of log P_k is
        g_k minus the mean of g over the allowed atoms under P. Choices that are not active have none.
        """
        choices = {choice.address: choice for choice in space.choices}
        gradient: dict[str, Logits] = {}
        for decision in space.decisions(assignment, self):
            declared, soft = self.parts(choices[decision.address])
            mixed = (1.0 - self.floor) * soft + self.floor * declared
            slope = (1.0 - self.floor) * soft / mixed
            change = np.zeros_like(soft)
            change[decision.atom_index] += slope[decision.atom_index]
            change -= slope[decision.atom_index] * soft
            for atom, probability in zip(decision.allowed_atoms, decision.probabilities, strict=True):
                change[atom] -= probability * slope[atom]
                change += probability * slope[atom] * soft
            before = gradient.get(decision.address)
            gradient[decision.address] = change if before is None else before + change
        return gradient
