"""Why a response is not there: in which part of its identity the nearest stored request differs.

Nearest is what shares the most telling parts. The same messages tell the most, since they rarely agree by
chance; then the model, the options, the salt and the draw. Where no stored request has the same messages,
those that share one of them are compared, then all others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue, TypeAdapter, ValidationError

from tgl.storage.records import Origin, StoredResponse

SETTINGS = TypeAdapter(dict[str, JsonValue])
ROLES = {"s": "system", "u": "user", "a": "assistant"}


class Part(StrEnum):
    """The parts of an identity, and what is left when they agree."""

    MODEL = "model"
    PROMPT = "prompt"
    OPTIONS = "options"
    SALT = "salt"
    DRAW = "draw"
    VERSION = "version"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Difference:
    """The weightiest part in which a request differs from the nearest stored one.

    Args:
        part: of the identity.
        what: the setting, message or figure in it that differs, "" where that is not known.
        stored: its stored value, "" where it is not kept.
        asked: its value now, "" where it is not kept.
        text: one line for a person.
    """

    part: Part
    what: str
    stored: str
    asked: str
    text: str


class Nearest:
    """Stored requests, arranged to find the nearest to a request that is not stored.

    Complexity: one pass over the records; then a look-up compares with those of the same messages, or with
    one request for each way to ask (model, options, salt, draw).
    """

    def __init__(self, records: Iterable[StoredResponse]) -> None:
        self.same: dict[str, list[Origin]] = {}
        self.sharing: dict[str, dict[tuple[str, str, str, int], Origin]] = {}
        for record in records:
            origin = record.origin
            self.same.setdefault(origin.messages, []).append(origin)
            way = (origin.model, origin.options, origin.salt, origin.draw)
            for part in ("", *origin.parts.split()):
                self.sharing.setdefault(part, {}).setdefault(way, origin)

    def origin(self, wanted: Origin) -> Origin | None:
        """The nearest stored request, None if nothing is stored. Ties: the first."""
        found = self.same.get(wanted.messages)
        if found is None:
            shared = [self.sharing[part] for part in wanted.parts.split() if part in self.sharing]
            found = [origin for ways in shared for origin in ways.values()]
            found += self.sharing.get("", {}).values()
        return max(found, key=lambda other: nearness(wanted, other), default=None)

    def difference(self, wanted: Origin, models: Mapping[str, str] | None = None) -> Difference:
        """What differs. `models` describes fingerprints' starts, as JSON objects of text."""
        other = self.origin(wanted)
        if other is None:
            return Difference(Part.NOTHING, "", "", "", "nothing is recorded")
        return difference(wanted, other, models or {})


def why_missing(wanted: Origin, recorded: Iterable[StoredResponse]) -> str:
    """One line on what the nearest recorded response has different."""
    return Nearest(recorded).difference(wanted).text


def nearness(wanted: Origin, other: Origin) -> tuple[int, int]:
    """How much two requests share: the telling parts, then the number of equal messages."""
    weight = (
        16 * (wanted.messages == other.messages)
        + 8 * (wanted.model == other.model)
        + 4 * (wanted.options == other.options)
        + 2 * (wanted.salt == other.salt)
        + (wanted.draw == other.draw)
    )
    return weight, len({*wanted.parts.split()} & {*other.parts.split()})


def difference(wanted: Origin, other: Origin, models: Mapping[str, str]) -> Difference:
    """The weightiest piece in which they differ."""
    if wanted.model != other.model:
        return other_model(wanted, other, models)
    if wanted.messages != other.messages:
        return other_prompt(wanted, other)
    if wanted.options != other.options:
        return other_options(wanted, other)
    if wanted.salt != other.salt:
        text = "this request is recorded for other draws (`draws`, or the final measurement)"
        return Difference(Part.SALT, "salt", other.salt, wanted.salt, text)
    if wanted.draw != other.draw:
        text = f"this request is recorded, but not draw {wanted.draw} of it"
        return Difference(Part.DRAW, "draw", str(other.draw), str(wanted.draw), text)
    text = "this request is recorded under another version of tglc"
    return Difference(Part.VERSION, "", "", "", text)


def other_model(wanted: Origin, other: Origin, models: Mapping[str, str]) -> Difference:
    """What is known of the two models."""
    text = "nothing is recorded from this model: other weights, or another id or revision"
    if wanted.messages == other.messages:
        text = "this request is recorded from another model alone: other weights, or another id or revision"
    if wanted.model in models and other.model in models:
        now, before = settings_in(models[wanted.model]), settings_in(models[other.model])
        names = [name for name in sorted({*now, *before}) if now.get(name, "") != before.get(name, "")]
        # The provider with its settings differs as a whole: then the model itself is another.
        for name in ("provider", "id", "weights", "revision", *names):
            if name in names:
                old, new = str(before.get(name, "")), str(now.get(name, ""))
                told = f"this request is recorded with another {name} of the model: "
                return Difference(
                    Part.MODEL, name, old, new, told + f"{old or 'none'}, asked now: {new or 'none'}"
                )
    return Difference(Part.MODEL, "", other.model, wanted.model, text)


def other_prompt(wanted: Origin, other: Origin) -> Difference:
    """Which message differs, where both requests have theirs on their own."""
    text = "this prompt is not recorded: the question, the prompt's text, a shot or an earlier reply differs"
    now, before = wanted.parts.split(), other.parts.split()
    if not now or not before:
        return Difference(Part.PROMPT, "", other.messages, wanted.messages, text)
    for number, message in enumerate(now, start=1):
        old = before[number - 1] if number <= len(before) else ""
        if old != message:
            what = f"message {number} ({ROLES.get(message[:1], message[:1])})"
            told = f"this prompt is not recorded: {what} differs from the nearest that is"
            if len(now) != len(before):
                told += f", which has {len(before)} messages, not {len(now)}"
            return Difference(Part.PROMPT, what, old, message, told)
    told = f"this prompt is not recorded: the nearest has {len(before)} messages, not {len(now)}"
    return Difference(Part.PROMPT, "messages", str(len(before)), str(len(now)), told)


def other_options(wanted: Origin, other: Origin) -> Difference:
    """Which options differ."""
    now, before = settings_in(wanted.options), settings_in(other.options)
    names = [name for name in sorted({*now, *before}) if now.get(name) != before.get(name)]
    old = json.dumps({name: before[name] for name in names if name in before}, separators=(",", ":"))
    new = json.dumps({name: now[name] for name in names if name in now}, separators=(",", ":"))
    text = f"this prompt is recorded with other options: {other.options}, asked now: {wanted.options}"
    return Difference(Part.OPTIONS, ", ".join(names), old, new, text)


def settings_in(text: str) -> dict[str, JsonValue]:
    """The members of a JSON object; none in a text that is no such thing (files are made by anybody)."""
    try:
        return SETTINGS.validate_json(text)
    except ValidationError:
        return {}
