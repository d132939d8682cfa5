"""The search space of a program: what may be decided, in which order, with which probability."""

from tgl.space.bound import Bound, NodeCost
from tgl.space.bounds import WorstCase, worst_case, worst_sum
from tgl.space.concretise import InstanceResolution
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
from tgl.space.streams import Stream

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
    "OutsideSpace",
    "Policy",
    "Resolution",
    "Sampled",
    "StaticCycle",
    "Stream",
    "WorstCase",
    "atoms",
    "count_assignments",
    "decisions",
    "enumerate_assignments",
    "log_prob",
    "mode",
    "prior_weights",
    "resolve",
    "sample",
    "worst_case",
    "worst_sum",
]
