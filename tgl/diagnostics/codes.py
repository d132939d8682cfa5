"""All codes: stable, never reused, never renumbered. One line a code; each room adds its own.

Blocks: E01 syntax; E02 names, imports; E03 types; E04 choices, constraints; E05 graph (cycles, unreachable,
arity); E06 models; E07 resources, budgets, limits; E08 tasks, data; W warnings; R01 transport; R02 model
output; R03 limits, store.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from tgl.diagnostics.diagnostic import Severity

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


@dataclass(frozen=True, slots=True)
class Code:
    """What is the same for every report of a code. `slug` names it in words, `summary` is one line."""

    code: str
    slug: str
    severity: Severity
    summary: str


CODES: tuple[Code, ...] = (
    # E01: syntax
    Code("E0101", "unexpected-word", ERROR, "a word or a sign stands where it has no meaning"),
    Code("E0102", "unclosed-bracket", ERROR, "a bracket or a brace is opened and never closed"),
    Code("E0103", "unclosed-string", ERROR, "a string is opened and never closed"),
    Code("E0104", "missing-value", ERROR, "a value is missing"),
    Code("E0105", "reserved-word", ERROR, "a word of the language is used as a name"),
    Code("E0106", "unknown-character", ERROR, "a character has no meaning outside of strings and comments"),
    Code("E0107", "bad-number", ERROR, "a number has an unknown unit or is out of range"),
    Code(
        "E0108", "bad-escape", ERROR, "a backslash in a string stands before something it gives no meaning to"
    ),
    Code("E0109", "missing-separator", ERROR, "two statements stand on one line without `;`"),
    Code("E0110", "not-text", ERROR, "the file is not text"),
    Code("E0111", "nested-too-deeply", ERROR, "a program is nested more deeply than can be read"),
    Code("E0112", "unmatched-bracket", ERROR, "a bracket is closed that was not opened"),
    Code("E0113", "unknown-statement", ERROR, "a statement starts with a word that starts none here"),
    Code("E0114", "repeated-clause", ERROR, "a statement has the same clause twice"),
    Code("E0115", "only-in-a-loop", ERROR, "`carry`, `until` or `keep` stands outside of a loop"),
    Code("E0116", "incomplete-statement", ERROR, "a statement ends before it is complete"),
    Code("E0117", "chained-comparison", ERROR, "two comparisons in a row"),
    # E02: names and imports
    # E03: types
    # E04: choices and constraints
    # E05: graph
    # E06: models
    # E07: resources, budgets, limits
    # E08: tasks and data
    Code("E0850", "no-examples", ERROR, "a data file holds no examples"),
    Code("E0851", "data-not-text", ERROR, "a data file is not UTF-8 text"),
    Code("E0852", "data-not-json", ERROR, "a line of a data file is not JSON"),
    Code("E0853", "data-not-an-object", ERROR, "a line of a data file is not a JSON object"),
    Code("E0854", "missing-field", ERROR, "a row has no field of a name that the task uses"),
    Code("E0855", "field-not-scalar", ERROR, "a given field is a list, an object or null"),
    Code("E0856", "unreadable-target", ERROR, "a target can't be read by the task's key"),
    Code("E0857", "empty-split", ERROR, "no row falls into a split"),
    Code("E0858", "no-price", ERROR, "a model has no price in the task's unit"),
    Code("E0859", "nothing-feasible", ERROR, "no candidate that was measured meets the limits"),
    # W: warnings
    Code("W0850", "repeated-rows", WARNING, "rows repeat the given fields of earlier ones"),
    Code("W0701", "stale-figures", WARNING, "the measured block tells of another program than the one it stands in"),
    # R01: transport
    Code("R0101", "unreachable", ERROR, "a model server can't be reached"),
    Code("R0102", "timed-out", ERROR, "a model server did not answer in time"),
    Code("R0103", "rate-limited", ERROR, "a model server refuses more requests for now"),
    Code("R0104", "server-failed", ERROR, "a model server failed"),
    Code("R0105", "broken-reply", ERROR, "a model server's reply is cut or is no reply"),
    Code("R0106", "key-refused", ERROR, "a model server refuses the key"),
    Code("R0107", "request-refused", ERROR, "a model server refuses the request"),
    Code("R0108", "unknown-model", ERROR, "a model server does not know the model"),
    Code("R0109", "model-missing", ERROR, "an engine, weights or a setting of a model is missing here"),
    Code("R0110", "pull-failed", ERROR, "weights could not be pulled"),
    # R02: model output
    # R03: limits and store
    Code("R0301", "store-trouble", ERROR, "the store of responses can't be used"),
    Code("R0302", "missing-responses", ERROR, "responses are neither stored nor recorded, and --live is off"),
    Code("R0303", "journal-differs", ERROR, "a resumed search does not repeat its journal"),
    Code("R0304", "too-many-failures", ERROR, "more examples failed than the task allows"),
    Code("R0305", "file-not-usable", ERROR, "a file can't be read or written"),
    Code("R0306", "hand-edited", ERROR, "the file to write was edited by hand"),
    Code("R0307", "not-derivable", ERROR, "a measured block can't be re-derived from what is stored"),
    Code("R0308", "bill-cap", ERROR, "the cap on what may be requested was reached"),
    Code("R0309", "question-not-answered", ERROR, "a search that costs money was not confirmed"),
)


@cache
def by_code() -> dict[str, Code]:
    """The codes by their number."""
    return {entry.code: entry for entry in CODES}


def code_info(code: str) -> Code:
    """What is registered for a code.

    Raises:
        ValueError: if nothing is.
    """
    entry = by_code().get(code)
    if entry is None:
        raise ValueError(f"the code {code} is not registered in tgl/diagnostics/codes.py")
    return entry
