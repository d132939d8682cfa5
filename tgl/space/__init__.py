"""The search space of a program: what may be decided, in which order, with which probability."""

from tgl.space.bound import Bound, NodeCost, Worst
from tgl.space.bounds import (
    CandidateBounds,
    Known,
    NodeBounds,
    PathBounds,
    Seen,
    asks,
    candidate_bounds,
    may_run,
    worst_calls,
)
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
from tgl.space.extent import GroupBounds, SpaceBounds, space_bounds
from tgl.space.flops import call_flops, model_flops
from tgl.space.lengths import Lengths, RowLengths
from tgl.space.open_bounds import OpenBounds
from tgl.space.oracles import Decision
from tgl.space.ranges import Amount, Bounds, Range, by_name
from tgl.space.removed import RemovedOption, least_cost, refused, removed_options
from tgl.space.resolve import Resolution, resolve
from tgl.space.sizes import TextSize, Unbounded
from tgl.space.streams import Stream
from tgl.space.tokens import AskTokens, ask_tokens
from tgl.space.vectors import VECTOR_ASK, counts_votes, vector_program, with_vectors

__all__ = [
    "CELLS",
    "PRIOR",
    "VECTOR_ASK",
    "Amount",
    "AskTokens",
    "Atom",
    "Bound",
    "Bounds",
    "CandidateBounds",
    "DeadEnd",
    "Decision",
    "EmptySpace",
    "GroupBounds",
    "InstanceResolution",
    "Known",
    "Lengths",
    "NodeBounds",
    "NodeCost",
    "OpenBounds",
    "OutsideSpace",
    "PathBounds",
    "Policy",
    "Range",
    "RemovedOption",
    "Resolution",
    "RowLengths",
    "Sampled",
    "Seen",
    "Size",
    "SpaceBounds",
    "SpaceSize",
    "StaticCycle",
    "Stream",
    "TextSize",
    "Unbounded",
    "Worst",
    "ask_tokens",
    "asks",
    "atoms",
    "by_name",
    "call_flops",
    "candidate_bounds",
    "count_assignments",
    "counts_votes",
    "decisions",
    "enumerate_assignments",
    "least_cost",
    "log_prob",
    "may_run",
    "mode",
    "model_flops",
    "prior_weights",
    "refused",
    "removed_options",
    "resolve",
    "sample",
    "space_bounds",
    "space_size",
    "vector_program",
    "with_vectors",
    "worst_calls",
]
