"""All codes: stable, never reused, never renumbered. One line a code; each room adds its own.

Blocks: E01 syntax; E02 names, imports; E03 types; E04 choices, constraints; E05 graph (cycles, unreachable,
arity); E06 models; E07 resources, budgets, limits; E08 tasks, data; W warnings; R01 transport; R02 model
output; R03 limits, store.
"""

from __future__ import annotations

from functools import cache

from tgl.diagnostics.diagnostic import Severity
from tgl.text import frozen

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


@frozen
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
    Code("E0190", "not-yet", ERROR, "a construct of the language that this version cannot run"),
    Code("E0191", "unseen-character", ERROR, "a text or a comment holds a character that nobody sees"),
    # E02: names and imports
    Code("E0201", "import-not-found", ERROR, "a file or module that is not there"),
    Code("E0202", "import-cycle", ERROR, "files that use each other"),
    Code("E0203", "unknown-name", ERROR, "a name that nothing declares"),
    Code("E0204", "duplicate-name", ERROR, "a second declaration of the same name"),
    Code(
        "E0205",
        "shadowed-name",
        ERROR,
        "an inner declaration with the name of an outer one, or of a built-in",
    ),
    Code("E0206", "not-exported", ERROR, "an imported name that the other file does not declare"),
    Code("E0207", "wrong-kind", ERROR, "a name of one kind where another is needed"),
    Code("E0208", "recursive-definition", ERROR, "a `let` or `param` that is defined by itself"),
    Code("E0209", "look-alike-name", ERROR, "a name that looks like another one and is written otherwise"),
    # E03: types
    Code("E0301", "unknown-setting", ERROR, "a key that this declaration has not"),
    Code("E0302", "wrong-setting-value", ERROR, "a setting whose value has the wrong type"),
    Code("E0303", "missing-setting", ERROR, "a required setting that is not there"),
    Code("E0304", "repeated", ERROR, "a setting, clause or argument that is written twice"),
    Code("E0305", "unknown-argument", ERROR, "a named argument that the role, function or graph has not"),
    Code("E0306", "too-many-arguments", ERROR, "more positional arguments than ports"),
    Code("E0307", "type-mismatch", ERROR, "a value of the wrong type in an expression"),
    Code("E0308", "prompt-syntax", ERROR, "a prompt that Jinja cannot read"),
    Code("E0309", "unknown-prompt-variable", ERROR, "a prompt that prints what its role does not receive"),
    Code("E0310", "target-in-prompt", ERROR, "the expected answer would reach a prompt"),
    Code(
        "E0311",
        "unread-answer",
        ERROR,
        "text where an answer is compared, and nobody reads the answer out of it",
    ),
    Code(
        "E0312",
        "if-or-when",
        ERROR,
        "`if` on something that a run decides, or `when` on something that is decided before it",
    ),
    Code("E0313", "runtime-value", ERROR, "a message where a value is needed that is known before the run"),
    Code("E0314", "missing-argument", ERROR, "a `param` without a default that gets no argument"),
    Code(
        "E0315", "reserved-port", ERROR, "a port or param with the name of an option: one namespace for both"
    ),
    Code("E0316", "option-value", ERROR, "an option outside of what it may be"),
    Code("E0317", "missing-shots", ERROR, "few-shot examples without a file that they come from"),
    Code("E0318", "unknown-type", ERROR, "a type that the language has not"),
    Code("E0319", "no-such-part", ERROR, "a field or tag that a message never has"),
    # E04: choices and constraints
    Code("E0401", "empty-domain", ERROR, "nothing to choose from"),
    Code(
        "E0402", "bad-probability", ERROR, "a yes/no that is always yes, always no, or no probability at all"
    ),
    Code("E0403", "bad-weight", ERROR, "a weight that is not a positive number"),
    Code("E0404", "nested-choice", ERROR, "a choice inside the domain of a choice"),
    Code("E0405", "not-a-domain", ERROR, "`~` before something that is no static domain"),
    Code("E0406", "vector-length", ERROR, "a list with another number of items than there are replicas"),
    Code("E0407", "bad-count", ERROR, "a number of replicas that is no whole number with a bound"),
    Code("E0408", "bad-range", ERROR, "a range that holds nothing, or whose bounds are not numbers"),
    Code("E0409", "choice-in-function", ERROR, "a `let` with parameters that holds a choice"),
    Code("E0410", "too-many-options", ERROR, "a choice among more options than can be weighed"),
    # E05: graph
    Code("E0501", "cycle", ERROR, "nodes that wait for each other"),
    Code("E0502", "missing-output", ERROR, "a graph without `output`"),
    Code("E0503", "unknown-port", ERROR, "an edge into a port that is not there"),
    Code("E0504", "which-port", ERROR, "an edge that may mean several ports, or none"),
    Code("E0505", "unfed-port", ERROR, "a required port that nothing can ever feed"),
    Code("E0506", "recursive-graph", ERROR, "a graph that contains itself"),
    Code("E0507", "index-range", ERROR, "a literal index that no replica can have"),
    Code("E0508", "overfed-port", ERROR, "several messages for a port that takes one"),
    Code("E0509", "not-given", ERROR, "an input of the graph that the task has not"),
    Code("E0510", "which-graph", ERROR, "no graph to run, or several and none named"),
    Code("E0511", "not-an-end", ERROR, "an edge from or to something that is no node"),
    Code("E0512", "needs-index", ERROR, "a wrong number of indices"),
    Code(
        "E0513", "cannot-take-edge", ERROR, "an alternative without a port for an edge that is always there"
    ),
    Code("E0514", "not-one-message", ERROR, "a graph for a task that answers with a list"),
    Code("E0515", "too-large", ERROR, "more nodes or edges than can be handled"),
    Code("E0516", "unknown-index", ERROR, "a name of several letters in brackets that nothing declares"),
    Code("E0517", "no-alternative", ERROR, "a node of which no alternative can ever be fed"),
    Code("E0518", "too-deep", ERROR, "definitions that lead through more others than can be followed"),
    Code("E0519", "never-satisfied", ERROR, "a `require` that no program can satisfy"),
    Code("E0520", "not-in-a-body", ERROR, "a statement of the graph inside of a loop or map"),
    # E06: models
    Code("E0601", "no-model", ERROR, "a role without a model to run on"),
    Code("E0602", "key-in-program", ERROR, "a key written into a program"),
    Code("E0603", "refused-option", ERROR, "an option that the server of a model refuses"),
    Code("E0604", "unknown-weights", ERROR, "weights that are neither known by name nor a source"),
    Code(
        "E0605", "unknown-profile", ERROR, "a profile of a simulated model that is neither shipped nor a file"
    ),
    Code("E0606", "vectors-or-replies", ERROR, "a model is used for what it is not declared to do"),
    Code("E0607", "vote-without-vectors", ERROR, "a vote counts answers of which no vector is made"),
    # E07: resources, budgets, limits
    Code("E0701", "limit-unit", ERROR, "a limit in a unit that it cannot have"),
    Code("E0702", "unknown-price", ERROR, "a limit in dollars on models whose price is not known"),
    Code("E0703", "spend-needed", ERROR, "a search over paid models without a `spend`"),
    Code("E0704", "max-tokens-needed", ERROR, "a bound on tokens or money needs a bound on replies"),
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
    Code("E0860", "spend-too-small", ERROR, "a step that can't be left out does not fit `spend`"),
    Code("E0861", "no-candidate", ERROR, "no program of the space meets the compile-time limits"),
    Code("E0862", "bad-method", ERROR, "a search method, or an argument of one, that there is not"),
    Code("E0863", "no-score", ERROR, "a metric gave no number of its range for an answer"),
    Code("E0864", "not-for-scoring", ERROR, "a field that scoring reads holds something else"),
    Code("E0865", "unusable-tests", ERROR, "the tests of a row can't judge any program"),
    Code("E0870", "data-format-unclear", ERROR, "files do not tell in which format their rows are"),
    Code("E0871", "data-too-large", ERROR, "data, or one row of it, is larger than what is read"),
    Code("E0872", "data-damaged", ERROR, "a file is not of the format that it should be, or breaks off"),
    Code("E0873", "bad-table", ERROR, "a table (CSV) has rows of several widths, or an open quote"),
    Code("E0874", "repeated-id", ERROR, "rows share an id that should tell them apart"),
    Code("E0875", "bad-filter", ERROR, "the condition `where` can't be decided for a row"),
    # W: warnings
    Code("W0101", "empty-program", WARNING, "a file that declares nothing"),
    Code("W0201", "unused-choice", WARNING, "a name that holds a choice and is never used"),
    Code("W0301", "unused-port", WARNING, "a port that no prompt of its role prints"),
    Code("W0401", "weights-sum", WARNING, "weights written as probabilities that do not add up to 1"),
    Code("W0402", "numbered-choice", WARNING, "a second `~` in one condition, which has a number for a name"),
    Code("W0501", "dead-node", WARNING, "a node that never reaches the output"),
    Code("W0502", "greedy-replicas", WARNING, "replicas at temperature 0, which are one response"),
    Code("W0503", "same-edge", WARNING, "an edge that is drawn twice"),
    Code("W0504", "even-votes", WARNING, "a vote of an even number, which may be split"),
    Code("W0505", "unreachable-option", WARNING, "an option that no program has"),
    Code("W0506", "no-output", WARNING, "an output that is only there under conditions"),
    Code("W0507", "no-reply", WARNING, "a signal of replies that reads what no model says"),
    Code("W0601", "context-overflow", WARNING, "a prompt that may not fit into the context of its model"),
    Code("W0702", "limit-too-low", WARNING, "a limit below what every program needs"),
    Code("W0801", "vote-without-key", WARNING, "answers are compared, and the task has no `key`"),
    Code("W0802", "own-judge", WARNING, "a judge that may mark answers that it wrote itself"),
    Code("W0850", "repeated-rows", WARNING, "rows repeat the given fields of earlier ones"),
    Code("W0851", "question-in-prompt", WARNING, "a prompt holds a question of the test split"),
    Code("W0852", "question-among-shots", WARNING, "worked examples hold a question of the test split"),
    Code("W0853", "near-repeats", WARNING, "rows of two splits are nearly the same"),
    Code("W0854", "same-id", WARNING, "rows have the id of an earlier one"),
    Code("E0751", "no-goal", ERROR, "a graph has no task or no `optimize` block"),
    Code("E0752", "nothing-to-decide", ERROR, "a program without choices can't be searched"),
    Code("E0753", "not-resolved", ERROR, "a program with choices can't be run"),
    Code("E0754", "wrong-input", ERROR, "the input of a run is not what the program reads"),
    Code("E0755", "not-trusted", ERROR, "a program would run functions in Python, and --trust is not given"),
    Code(
        "E0756", "function-not-usable", ERROR, "a function in Python can't be imported or called as declared"
    ),
    Code(
        "W0701",
        "stale-figures",
        WARNING,
        "the measured block tells of another program than the one it stands in",
    ),
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
    Code("R0111", "not-its-model", ERROR, "the program uses no model of that name"),
    # R02: model output
    # R03: limits and store
    Code("R0301", "store-trouble", ERROR, "the store of responses can't be used"),
    Code("R0302", "missing-responses", ERROR, "responses are neither stored nor recorded, and --live is off"),
    Code("R0303", "journal-differs", ERROR, "a resumed search does not repeat its journal"),
    Code("R0304", "example-failed", ERROR, "an example failed, and the task says `on_error abort`"),
    Code("R0305", "file-not-usable", ERROR, "a file can't be read or written"),
    Code("R0306", "hand-edited", ERROR, "the file to write was edited by hand"),
    Code("R0307", "not-derivable", ERROR, "a measured block can't be re-derived from what is stored"),
    Code("R0308", "bill-cap", ERROR, "the cap on what may be requested was reached"),
    Code("R0309", "question-not-answered", ERROR, "a search that costs money was not confirmed"),
    Code("R0310", "no-parquet", ERROR, "the library for Parquet and Arrow files is not installed"),
    Code("R0311", "program-not-written", ERROR, "a resolved program can't be written as text"),
    Code("R0312", "no-sandbox", ERROR, "code of models would run, and there is no sandbox"),
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
