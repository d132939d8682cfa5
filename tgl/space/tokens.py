"""Worst-case tokens of one ask of a call (semantics.md 4), for a candidate and for a template."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tgl.ir import CallNode, Candidate, FnNode, PortSpec
from tgl.space.lengths import Lengths, Measure, RowLengths, is_unknown
from tgl.space.sizes import LARGEST_NUMBER, UNKNOWN_LENGTH, TextSize, Unbounded, template_size

PER_CONVERSATION = 48
"""Tokens that a chat template puts around a conversation, at most: its own system text among them."""
PER_MESSAGE = 16
"""Tokens that it puts around each message, at most."""
READ_AS_TEXT = frozenset({"text", "list", "answer"})
"""Types of ports that show a text as it came; others may print a number as plain decimals."""


@dataclass(frozen=True, slots=True)
class AskTokens:
    """The most tokens of one ask, `inf` where nothing bounds them; `reason` then says why."""

    prompt: float
    completion: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the length of a prompt depends on; of templates that are still open, one of their options."""

    where: str
    prompt: str
    system: str | None
    ports: Sequence[PortSpec]
    params: Mapping[str, int]
    shots: int
    rows: RowLengths | None


def prompt_tokens(form: Prompt, arriving: Mapping[str, TextSize], instruction: int) -> int:
    """The most tokens of a prompt with what arrives at its ports.

    Raises:
        Unbounded: a template uses something whose length can't be told.
    """
    fixed = {name: TextSize(size) for name, size in form.params.items()} | {"format": TextSize(instruction)}
    ports = {port.name: port_size(port, arriving.get(port.name)) for port in form.ports}
    total = PER_CONVERSATION + PER_MESSAGE
    total += template_size(f"{form.where}.prompt", form.prompt, fixed | ports)
    if form.system is not None:
        total += template_size(f"{form.where}.system", form.system, fixed | ports) + PER_MESSAGE
    if form.shots:
        rows = RowLengths() if form.rows is None else form.rows
        shown = {port.name: port_size(port, rows.fields.get(port.name)) for port in form.ports}
        turn = template_size(f"{form.where}.prompt", form.prompt, fixed | shown)
        total += form.shots * (turn + rows.reply + 2 * PER_MESSAGE)
    return total


def port_size(port: PortSpec, arriving: TextSize | None) -> TextSize:
    """What a template sees of a port."""
    if port.is_list:
        size = arriving or TextSize(0, 0)
        return TextSize(size.item, 1 if size.count is None else size.count)
    if arriving is None:
        return TextSize(0)
    one = arriving.item if arriving.count is None else arriving.whole
    return TextSize(one if port.type in READ_AS_TEXT else 2 * one + LARGEST_NUMBER)


def ask_tokens(candidate: Candidate, lengths: Lengths) -> dict[str, AskTokens]:
    """The most tokens of one ask of each call node, by id."""
    replies: dict[str, TextSize] = {}
    found: dict[str, AskTokens] = {}

    def given(instance: str, port: str) -> TextSize | None:
        del instance  # a candidate reads no other input than its own
        return lengths.size(port)

    for node in candidate.nodes:
        measure = Measure(replies, given, node.id)
        try:
            if isinstance(node, FnNode):
                replies[node.id] = measure.called(node.fn, node.inputs)
                continue
            replies[node.id] = TextSize(UNKNOWN_LENGTH if node.max_tokens is None else node.max_tokens)
            arriving = {port: measure.size(expr) for port, expr in node.inputs}
            found[node.id] = told(node, prompt_tokens(form_of(node, lengths), arriving, lengths.instruction))
        except Unbounded as error:
            if isinstance(node, FnNode):
                replies[node.id] = TextSize(UNKNOWN_LENGTH)
            else:
                found[node.id] = AskTokens(math.inf, completion_of(node), error.reason)
    return found


def form_of(node: CallNode, lengths: Lengths) -> Prompt:
    """The prompt of a call."""
    params = {name: len(str(value).encode()) for name, value in node.params}
    rows = None if node.shots_source is None else lengths.rows.get(node.shots_source.path)
    return Prompt(node.id, node.prompt, node.system, node.ports, params, node.shots, rows)


def told(node: CallNode, prompt: int) -> AskTokens:
    """The tokens of a call whose prompt is known."""
    if node.max_tokens is None:
        return AskTokens(math.inf if is_unknown(prompt) else prompt, math.inf, "`max_tokens` is not set")
    if is_unknown(prompt):
        return AskTokens(math.inf, node.max_tokens, "it shows a reply whose `max_tokens` is not set")
    return AskTokens(prompt, node.max_tokens)


def completion_of(node: CallNode) -> float:
    """The most tokens of a reply."""
    return math.inf if node.max_tokens is None else node.max_tokens
