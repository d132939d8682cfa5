"""Search: optimizers that ask and are told, and the loop that serves them. No model, no example, no text."""

from tgl.search.optimizers.random import RandomSearch
from tgl.search.optimizers.reinforce import Reinforce, ReinforceConfig
from tgl.search.protocol import (
    Ask,
    Consult,
    Decision,
    Optimizer,
    Outcome,
    Policy,
    Propose,
    SearchSpace,
)
from tgl.search.softmax import FlooredSoftmax

__all__ = [
    "Ask",
    "Consult",
    "Decision",
    "FlooredSoftmax",
    "Optimizer",
    "Outcome",
    "Policy",
    "Propose",
    "RandomSearch",
    "Reinforce",
    "ReinforceConfig",
    "SearchSpace",
]
