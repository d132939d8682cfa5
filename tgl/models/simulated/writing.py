"""How a simulated model writes what it decided, and what that costs: text, tokens, seconds."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import cast

from tgl.models.protocol import ChatReply, ChatRequest, Finish, Usage
from tgl.models.simulated.answering import Decision, Draw, decide, drawn_by, grade, prompt_tokens
from tgl.models.simulated.chance import lognormal, uniform
from tgl.models.simulated.items import ItemBank
from tgl.models.simulated.profile import Chosen
from tgl.models.simulated.reading import Reading, read_request

TOKEN = re.compile(r"\s?\w{1,8}|\s?[^\w\s]|\s")
FILLER = (
    "so then we note that the given part is what it says and this leads on to more of these which are as they"
    " were before while each other one may be seen from there by any who look with care at some case or its"
    " like since no rule bars it yet"
)
"""Words without digits and capitals."""
BOXED = "\\boxed"
ECHO_WORDS = 24
REFUSAL = "I can't help with that."
VAGUE = "It is hard to say."
MULTIPLIER, INCREMENT, MODULUS = 6364136223846793005, 1442695040888963407, 2**64  # Knuth's MMIX generator


def reply_to(chosen: Chosen, bank: ItemBank, request: ChatRequest) -> ChatReply:
    """The reply to a request: a function of profile, bank, messages, decoding and seed."""
    return written(chosen, read_request(request, bank), request, form=bank.form)


def written(chosen: Chosen, reading: Reading, request: ChatRequest, *, form: str = "") -> ChatReply:
    """The reply to a request that was read already. `form`: of the bank."""
    draw = drawn_by(chosen, reading, request.decoding, request.seed)
    faults = chosen.profile.faults
    finish: Finish | None = None
    decision: Decision | None = None
    if faults.refused and draw.uniform("refused") < faults.refused:
        text, finish = REFUSAL, Finish.REFUSED
    elif reading.item is not None and faults.unreadable and draw.uniform("format") < faults.unreadable:
        text = padded(VAGUE, chosen, reading, draw)
    elif reading.kind == "grade":
        text = behind(f"{grade(chosen, reading, draw)}", chosen, reading, draw)
    elif reading.item is None:
        text = unknown(chosen, reading, draw)
    else:
        decision = decide(chosen, reading.item, reading, request.decoding, draw)
        text = formed(reading.item.answers[decision.place], chosen, reading, draw, form)
    if request.schema is not None:
        named = echoed(reading)
        if reading.item is not None and decision is not None:
            named = reading.item.answers[decision.place]
        text = as_schema(request.schema, named)
    return counted(chosen, reading, request, draw, text, finish, decision)


def counted(
    chosen: Chosen,
    reading: Reading,
    request: ChatRequest,
    draw: Draw,
    text: str,
    finish: Finish | None,
    decision: Decision | None,
) -> ChatReply:
    """A text as a whole reply: cut by stop strings and limit, counted and timed."""
    decoding = request.decoding
    ends = [at for stop in decoding.stop if stop and (at := text.find(stop)) >= 0]
    text = text[: min(ends)] if ends else text
    tokens = TOKEN.findall(text)
    limit = decoding.max_tokens
    # The token that ends a reply counts: a text of exactly `limit` tokens never came to its end.
    if limit is not None and len(tokens) >= limit:
        tokens = tokens[:limit]
        text, ended, count = "".join(tokens), Finish.LENGTH, limit
    else:
        ended, count = Finish.STOP, len(tokens) + 1
    usage = Usage(prompt_tokens(chosen, reading), count)
    return ChatReply(
        text,
        finish or ended,
        usage,
        seconds(chosen, usage, draw),
        logprobs=logprobs(tokens, decision, draw) if request.logprobs else None,
    )


def seconds(chosen: Chosen, usage: Usage, draw: Draw) -> float:
    """The service time of a reply."""
    latency = chosen.profile.latency
    whole = (
        latency.base
        + latency.per_prompt_token * usage.prompt_tokens
        + latency.per_token * usage.completion_tokens
    )
    return whole * lognormal(1.0, latency.sigma, "latency", draw.model, draw.conversation, draw.seed)


def formed(answer: str, chosen: Chosen, reading: Reading, draw: Draw, form: str) -> str:
    """An answer as the bank's form says.

    A formula that is not asked for in a box stands somewhere in a text with other numbers.
    """
    if form == "code":
        wanted = "```" in reading.asked
        return behind(f"```python\n{answer.rstrip()}\n```" if wanted else answer, chosen, reading, draw)
    if form == "math" and not reading.marker:
        filler = sentence(draw, length(chosen, reading, draw))
        if BOXED in reading.asked:
            return f"{filler}\nThe answer is $\\boxed{{{answer}}}$."
        return f"It comes to {answer}, {filler or 'as it seems.'} That took 2 steps."
    return answered(answer, chosen, reading, draw)


def answered(answer: str, chosen: Chosen, reading: Reading, draw: Draw) -> str:
    """An answer as the prompt wants it: behind its marker, or on the first line."""
    if reading.kind == "reasoned" and reading.marker:
        return behind(answer, chosen, reading, draw)
    if reading.kind == "brief" and (reading.shots or reading.marker):
        marked = reading.marker and not reading.shots and not reading.last.rstrip().endswith(reading.marker)
        return f"{reading.marker} {answer}" if marked else answer
    return padded(answer, chosen, reading, draw)


def behind(answer: str, chosen: Chosen, reading: Reading, draw: Draw) -> str:
    """Filler, then the marker and what stands behind it."""
    end = f"{reading.marker} {answer}" if reading.marker else answer
    filler = sentence(draw, length(chosen, reading, draw) - len(TOKEN.findall(end)) - 3)
    return f"{filler}\n{end}" if filler else end


def padded(start: str, chosen: Chosen, reading: Reading, draw: Draw) -> str:
    """What matters on the first line, then filler."""
    filler = sentence(draw, length(chosen, reading, draw) - len(TOKEN.findall(start)) - 2)
    return f"{start}\n{filler}" if filler else start


def echoed(reading: Reading) -> str:
    """The last words of the last message."""
    lines = reading.last.strip().splitlines()
    return " ".join(lines[-1].split()[-ECHO_WORDS:]) if lines else ""


def unknown(chosen: Chosen, reading: Reading, draw: Draw) -> str:
    """The reply to what the bank does not know: the message's own last words, then filler."""
    start = echoed(reading)
    more = sentence(draw, length(chosen, reading, draw) - len(start.split()) - 1)
    return f"{start} {more}".strip() or "…"


def length(chosen: Chosen, reading: Reading, draw: Draw) -> int:
    """Tokens of a reply of this kind."""
    tokens = chosen.profile.tokens
    medians: Mapping[str, float] = {
        "brief": tokens.brief,
        "reasoned": tokens.reasoned,
        "grade": tokens.reasoned,
        "text": tokens.text,
    }
    median = medians[reading.kind]
    return max(1, round(lognormal(median, tokens.sigma, "length", draw.model, draw.conversation, draw.seed)))


def sentence(draw: Draw, count: int) -> str:
    """So many words of filler with a full stop, "" for none."""
    if count <= 0:
        return ""
    state = int(draw.uniform("words") * MODULUS)
    words = FILLER.split()
    size = len(words)
    chosen: list[str] = []
    for _ in range(count):
        state = (state * MULTIPLIER + INCREMENT) % MODULUS
        chosen.append(words[(state >> 33) % size])
    return " ".join(chosen) + "."


def logprobs(tokens: list[str], decision: Decision | None, draw: Draw) -> tuple[float, ...]:
    """Log-probabilities of tokens: small ones, and that of the answer spread over all of them."""
    if not tokens:
        return ()
    sure = 0.0 if decision is None else math.log(max(decision.chance, 1e-9)) / len(tokens)
    state = int(uniform("logprobs", draw.model, draw.conversation, draw.seed) * MODULUS)
    found: list[float] = []
    for _ in tokens:
        state = (state * MULTIPLIER + INCREMENT) % MODULUS
        found.append(round(sure + 0.1 * math.log(((state >> 11) + 0.5) / 2.0**53), 6))
    return tuple(found)


def as_schema(schema: str, text: str) -> str:
    """A JSON value of a schema's shape, with the text in every place that takes one."""
    return json.dumps(shaped(cast("object", json.loads(schema)), text), ensure_ascii=False)


def shaped(schema: object, text: str) -> object:
    """The value for one schema; of what is not understood, the text itself."""
    if not isinstance(schema, dict):
        return text
    known = cast("dict[str, object]", schema)
    options = known.get("enum")
    if isinstance(options, list) and options:
        named = cast("list[object]", options)
        return text if text in named else named[0]
    match known.get("type"):
        case "object":
            parts = known.get("properties")
            members = cast("dict[str, object]", parts) if isinstance(parts, dict) else {}
            return {name: shaped(part, text) for name, part in members.items()}
        case "array":
            return [shaped(known.get("items"), text)]
        case "number" | "integer":
            found = re.search(r"-?\d+(?:\.\d+)?", text)
            value = float(found[0]) if found else 0.0
            return int(value) if known["type"] == "integer" or value == int(value) else value
        case "boolean":
            return text.casefold().startswith(("true", "yes"))
        case "null":
            return None
        case _:
            return text
