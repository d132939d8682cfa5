"""Search: optimizers that ask and are told, and the loop that serves them. No model, no example, no text."""

from tgl.search.methods import METHODS, BadMethod, Method, method_of
from tgl.search.optimizers.front import FrontSearch, caps_between, directions
from tgl.search.optimizers.random import RandomSearch
from tgl.search.optimizers.reinforce import Reinforce, ReinforceConfig
from tgl.search.program import ProgramSpace
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
from tgl.search.study import (
    Ending,
    Explored,
    JournalWriter,
    Laboratory,
    Measured,
    NoJournal,
    StudyConfig,
    explore,
)

__all__ = [
    "METHODS",
    "Ask",
    "BadMethod",
    "Consult",
    "Decision",
    "Ending",
    "Explored",
    "FlooredSoftmax",
    "FrontSearch",
    "JournalWriter",
    "Laboratory",
    "Measured",
    "Method",
    "NoJournal",
    "Optimizer",
    "Outcome",
    "Policy",
    "ProgramSpace",
    "Propose",
    "RandomSearch",
    "Reinforce",
    "ReinforceConfig",
    "SearchSpace",
    "StudyConfig",
    "caps_between",
    "directions",
    "explore",
    "method_of",
]
