"""The search space of a program: what may be decided, in which order, with which probability."""

from tgl.space.bound import Bound, NodeCost
from tgl.space.bounds import WorstCase, calls_bound, worst_case, worst_sum
from tgl.space.concretise import InstanceResolution
from tgl.space.count import Size, SpaceSize, space_size
from tgl.space.domains import CELLS, PRIOR, Atom, Policy, atoms, prior_weights
from tgl.space.draw import (
    Sampled,
    count_assignments,
    decisions,
    enumerate_assignments,
    log_prob,
    mode,
    sample,
)
from tgl.space.errors import DeadEnd, EmptySpace, OutsideSpace, StaticCycle
from tgl.space.oracles import Decision
from tgl.space.resolve import Resolution, resolve
from tgl.space.sizes import Unbounded
from tgl.space.streams import Stream
from tgl.space.tokens import NodeTokens, WorstTokens, worst_tokens

__all__ = [
    "CELLS",
    "PRIOR",
    "Atom",
    "Bound",
    "DeadEnd",
    "Decision",
    "EmptySpace",
    "InstanceResolution",
    "NodeCost",
    "NodeTokens",
    "OutsideSpace",
    "Policy",
    "Resolution",
    "Sampled",
    "Size",
    "SpaceSize",
    "StaticCycle",
    "Stream",
    "Unbounded",
    "WorstCase",
    "WorstTokens",
    "atoms",
    "calls_bound",
    "count_assignments",
    "decisions",
    "enumerate_assignments",
    "log_prob",
    "mode",
    "prior_weights",
    "resolve",
    "sample",
    "space_size",
    "worst_case",
    "worst_sum",
    "worst_tokens",
]
