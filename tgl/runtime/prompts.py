"""Prompts: sandboxed Jinja templates, rendered to the messages of a call.

A template sees the role's ports, its parameters and `format`, as plain texts, numbers and lists, never
an object. It can't reach attributes, change anything, load anything or draw random numbers.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import TypeAlias

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import JsonValue

from tgl.ir import CallNode, PortSpec, Scalar
from tgl.models import ChatMessage, Role
from tgl.runtime.identity import canonical_messages
from tgl.stdfn import text_of


@dataclass(frozen=True, slots=True)
class RecordText:
    """A record as a template sees it: `{{ job }}` is its text, `{{ job.what }}` a field.

    The names of its own parts begin with `_`, which no template can reach.
    """

    _text: str
    _fields: tuple[tuple[str, PortValue], ...]

    def __str__(self) -> str:
        return self._text

    def __getitem__(self, name: str) -> PortValue:
        for field, value in self._fields:
            if field == name:
                return value
        raise KeyError(name)


PortValue: TypeAlias = "str | RecordText | tuple[str | RecordText, ...]"
"""What a template sees of a port: a text, a record, or the members of a list."""

LARGEST_TEXT = 1_000_000
"""Code points that a repetition in a template may make."""
ROOM = 8_000_000
"""Characters of rendered prompts that are remembered, in all, before that starts afresh."""
WEIGHT = 500
"""What a prompt takes beside its text, in characters more or less."""
REMOVED_FILTERS = ("random", "pprint", "xmlattr", "urlize")


class PromptError(Exception):
    """A template that can't be rendered with what the run holds."""


@dataclass(frozen=True, slots=True)
class ShotsTable:
    """Few-shot examples: the rows of a file, in order, and the name of the field that holds the reply."""

    rows: tuple[Mapping[str, JsonValue], ...]
    expect: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """The messages of a call, and their canonical JSON."""

    messages: tuple[ChatMessage, ...]
    canonical: str


class PromptEnvironment(ImmutableSandboxedEnvironment):
    """Jinja without anything that varies from run to run, and with bounded repetition."""

    intercepted_binops = frozenset(["*", "**", "%"])

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
        self.globals = {"range": self.globals["range"]}
        for name in REMOVED_FILTERS:
            self.filters.pop(name, None)

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """The operators that could make something huge out of something small."""
        if operator == "%" and isinstance(left, str):
            raise SecurityError("`%` formats no text here")
        sizes = [len(side) for side in (left, right) if isinstance(side, Sized)]
        times = [side for side in (left, right) if isinstance(side, int)]
        if operator == "*" and sizes and times and sizes[0] * times[0] > LARGEST_TEXT:
            raise SecurityError("a repetition is too long")
        if operator == "**" and isinstance(right, int | float) and abs(right) > 64:
            raise SecurityError("a power is too large")
        return super().call_binop(context, operator, left, right)


class Prompts:
    """The templates of a program. Remembers what it rendered: equal inputs give equal messages."""

    def __init__(self, *, instruction: str = "", shots: Mapping[str, ShotsTable] | None = None) -> None:
        """Hold the task's `format` instruction and the shots by path, as programs name them."""
        self.environment = PromptEnvironment()
        self.instruction = instruction
        self.shots = shots or {}
        self.forms: dict[tuple[object, ...], PromptForm] = {}
        self.size = 0

    def form(self, node: CallNode) -> PromptForm:
        """The prompt of a node, shared by all nodes that have the same one.

        Raises:
            ValueError: the node shows shots from a path that was not given.
        """
        source = node.shots_source if node.shots else None
        if source is not None and source.path not in self.shots:
            raise ValueError(f"no shots were loaded for `{source.path}`")
        ports = tuple((port.name, port.type, port.optional) for port in node.ports)
        where = None if source is None else (source.path, source.match)
        # The parameters by their text: 1, 1.0 and True are equal, and a template shows them differently.
        signature = (node.prompt, node.system, ports, repr(node.params), node.shots, where)
        form = self.forms.get(signature)
        if form is None:
            form = self.forms[signature] = PromptForm(self, node)
        return form

    def make_room(self, size: int) -> None:
        """Forget what was rendered once that and `size` characters more would be too much."""
        self.size += size
        if self.size > ROOM:
            self.size = size
            for form in self.forms.values():
                form.rendered.clear()


class PromptForm:
    """One prompt with its system text, parameters and shots."""

    def __init__(self, prompts: Prompts, node: CallNode) -> None:
        self.prompts = prompts
        self.environment = prompts.environment
        self.user = textwrap.dedent(node.prompt)
        self.system = None if node.system is None else textwrap.dedent(node.system)
        self.ports = node.ports
        self.fixed: dict[str, Scalar] = {**dict(node.params), "format": prompts.instruction}
        self.count = node.shots
        self.match = None if node.shots_source is None else node.shots_source.match
        shown = node.shots > 0 and node.shots_source is not None
        self.table = prompts.shots[node.shots_source.path] if shown and node.shots_source else None
        self.templates: dict[str, Template] = {}
        self.turns: dict[str, tuple[ChatMessage, ...]] = {}
        self.rendered: dict[tuple[str, tuple[PortValue, ...]], Rendered] = {}

    def render(self, ports: Mapping[str, PortValue], given: Mapping[str, JsonValue]) -> Rendered:
        """The messages of a call.

        Args:
            ports: what arrives; ports that are left out hold "" or no messages.
            given: the example's given fields; the shots' `match` looks at them.

        Raises:
            PromptError: the template can't be rendered.
        """
        values = tuple(ports.get(port.name, nothing(port)) for port in self.ports)
        key = (shown_text(given.get(self.match)) if self.match is not None else "", values)
        found = self.rendered.get(key)
        if found is None:
            found = self.fresh(key[0], values)
            # The messages share the texts of shots; their canonical text, and the values, are its own.
            self.prompts.make_room(WEIGHT + 3 * len(found.canonical))
            self.rendered[key] = found
        return found

    def fresh(self, match: str, values: Sequence[PortValue]) -> Rendered:
        """The messages, rendered: system, shots, and what is asked."""
        known = {port.name: value for port, value in zip(self.ports, values, strict=True)}
        messages: list[ChatMessage] = []
        # The system text opens the conversation, shots included, so it sees this call's values.
        if self.system is not None and (text := self.text(self.system, known)):
            messages.append(ChatMessage(Role.SYSTEM, text))
        if match not in self.turns:
            self.turns[match] = self.shot_turns(match)
        messages.extend(self.turns[match])
        messages.append(ChatMessage(Role.USER, self.text(self.user, known)))
        return Rendered(tuple(messages), canonical_messages(messages))

    def shot_turns(self, match: str) -> tuple[ChatMessage, ...]:
        """The turns of the first rows that match, as many as the node shows (or as there are)."""
        if self.table is None:
            return ()
        rows = [
            row
            for row in self.table.rows
            if self.match is None or (self.match in row and shown_text(row[self.match]) == match)
        ]
        turns: list[ChatMessage] = []
        for row in rows[: self.count]:
            known = {port.name: shot_value(port, row) for port in self.ports}
            turns.append(ChatMessage(Role.USER, self.text(self.user, known)))
            turns.append(ChatMessage(Role.ASSISTANT, shown_text(row.get(self.table.expect))))
        return tuple(turns)

    def text(self, source: str, known: Mapping[str, PortValue]) -> str:
        """A template's text: no space at line ends, no blank lines around."""
        try:
            template = self.templates.get(source)
            if template is None:
                template = self.templates[source] = self.environment.from_string(source)
            text = template.render({**self.fixed, **known})
        except TemplateSyntaxError as error:
            raise PromptError(f"line {error.lineno} of the prompt: {error.message}") from error
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise PromptError(f"the prompt can't be rendered: {error}") from error
        return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def nothing(port: PortSpec) -> PortValue:
    """What a template sees of a port that received nothing."""
    return () if port.is_list else ""


def shot_value(port: PortSpec, row: Mapping[str, JsonValue]) -> PortValue:
    """What a shot has in a port: its own field or nothing, never the example's."""
    value = row.get(port.name)
    if port.is_list:
        return tuple(shown_text(member) for member in value) if isinstance(value, list) else ()
    return shown_text(value)


def shown_text(value: JsonValue) -> str:
    """A field of a data file as text: numbers as plain decimals, lists and objects as JSON."""
    match value:
        case None:
            return ""
        case list() | dict():
            return json.dumps(value, ensure_ascii=False, sort_keys=True)
        case _:
            return text_of(value)
