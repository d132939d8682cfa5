"""Which answer a simulated model gives: the equations of docs/simulation.md.

A latent standard normal number decides whether a reply is right, so that the chance of a right answer is
exactly p while errors go together across models, prompts and draws:

    z = sqrt(1 - d) * (sqrt(s) * Z(item) + sqrt(q) * Z(model, talk) + sqrt(1 - s - q) * Z(model, item))
        + sqrt(d) * Z(model, talk, seed)             d = 1 - (1 - draws) ** temperature
    right  iff  Phi(z) < p
    p = logistic(a * (theta - b))
    theta = ability + shots * ln(1 + n) + wording - cost * temperature - length

With w weighed drafts, k of them right:

    k = 0:  p' = min(1, repair * p)
    k > 0:  f = keep * (k / w) ** (1 - logistic(a * (theta + discern - b)))
            p' = f + (1 - f) * min(1, repair * p)

A wrong answer is copied from a shown wrong draft (share `follow`) or drawn from the question's wrong answers,
Zipf-distributed, by a second latent number of the same make-up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tgl.models.protocol import Decoding
from tgl.models.simulated.chance import STANDARD, logistic, normal, uniform, zipf
from tgl.models.simulated.items import Item
from tgl.models.simulated.profile import Chosen
from tgl.models.simulated.reading import UNKNOWN, Reading


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer's place among the question's, and the probability that it was given."""

    place: int
    chance: float


@dataclass(frozen=True, slots=True)
class Draw:
    """What names a draw: the conversation and, unless it is greedy, the seed."""

    model: str
    conversation: str
    seed: str

    def uniform(self, what: str) -> float:
        """A number in (0, 1) for one use of this draw."""
        return uniform(what, self.model, self.conversation, self.seed)


def heat(decoding: Decoding) -> float:
    """Temperature (1 if none is set), scaled by `top_p`."""
    temperature = 1.0 if decoding.temperature is None else decoding.temperature
    return temperature * (1.0 if decoding.top_p is None else decoding.top_p)


def drawn_by(chosen: Chosen, reading: Reading, decoding: Decoding, seed: int) -> Draw:
    """The draw of a request. Greedy decoding has no seed."""
    return Draw(chosen.name, reading.digest, "" if decoding.temperature == 0 else str(seed))


def prompt_tokens(chosen: Chosen, reading: Reading) -> int:
    """Tokens of a prompt: turn × messages + bytes ÷ bytes_per_token, rounded up; no tokenizer."""
    tokens = chosen.profile.tokens
    return math.ceil(tokens.turn * reading.messages + reading.prompt_bytes / tokens.bytes_per_token)


def margin(chosen: Chosen, item: Item, reading: Reading, temperature: float) -> float:
    """The margin a * (theta - b): the logit of a right answer without drafts."""
    profile = chosen.profile
    ability, drafts = profile.ability, profile.drafts
    theta = ability.kinds.get(item.kind, ability.level) + ability.shots * math.log1p(reading.shots)
    if ability.wording:
        theta += ability.wording * normal("wording", chosen.name, reading.wording)
    theta -= profile.sampling.cost * temperature
    if drafts.length_cost:
        theta -= drafts.length_cost * max(0.0, math.log(prompt_tokens(chosen, reading) / drafts.comfort))
    return ability.discrimination * (theta - item.difficulty)


def chance_of_right(chosen: Chosen, item: Item, reading: Reading, decoding: Decoding) -> float:
    """The probability of a right answer to a request, over all questions and draws that are alike."""
    level = margin(chosen, item, reading, heat(decoding))
    alone = logistic(level)
    drafts = chosen.profile.drafts
    weighed = reading.drafts[: drafts.capacity]
    if not weighed:
        return alone
    repaired = min(1.0, drafts.repair * alone)
    share = weighed.count(0) / len(weighed)
    if share == 0:
        return repaired
    slope = chosen.profile.ability.discrimination
    found = drafts.keep * share ** (1.0 - logistic(level + slope * drafts.discern))
    return found + (1.0 - found) * repaired


def latent(chosen: Chosen, item: Item, draw: Draw, temperature: float, what: str) -> float:
    """A number in (0, 1), uniform over questions and draws, that goes together as the profile says."""
    errors = chosen.profile.errors
    fresh = 1.0 - (1.0 - chosen.profile.sampling.draws) ** temperature
    shared, prompt = errors.shared, errors.prompt
    own = max(0.0, 1.0 - shared - prompt)
    question = item.question
    lasting = math.sqrt(shared) * normal(what, question)
    if prompt:
        lasting += math.sqrt(prompt) * normal(what, draw.model, draw.conversation)
    if own:
        lasting += math.sqrt(own) * normal(what, draw.model, question, "own")
    z = math.sqrt(1.0 - fresh) * lasting
    if fresh:
        z += math.sqrt(fresh) * normal(what, draw.model, draw.conversation, draw.seed, "draw")
    return STANDARD.cdf(z)


def decide(chosen: Chosen, item: Item, reading: Reading, decoding: Decoding, draw: Draw) -> Decision:
    """The answer to a request."""
    temperature = heat(decoding)
    chance = chance_of_right(chosen, item, reading, decoding)
    if latent(chosen, item, draw, temperature, "right") < chance:
        return Decision(0, chance)
    drafts = chosen.profile.drafts
    shown = [place for place in reading.drafts[: drafts.capacity] if place > 0]
    if shown and draw.uniform("follow") < drafts.follow:
        place = shown[int(draw.uniform("which") * len(shown))]
        return Decision(place, (1.0 - chance) * drafts.follow * shown.count(place) / len(shown))
    weights = zipf(len(item.answers) - 1, chosen.profile.errors.concentration)
    left = latent(chosen, item, draw, temperature, "wrong")
    for place, weight in enumerate(weights, 1):
        left -= weight
        if left < 0:
            return Decision(place, (1.0 - chance) * weight)
    return Decision(len(weights), (1.0 - chance) * weights[-1])


def grade(chosen: Chosen, reading: Reading, draw: Draw) -> int:
    """The score that a shown answer gets, a whole number on the prompt's scale."""
    grades = chosen.profile.grades
    place = reading.drafts[-1] if reading.drafts else UNKNOWN
    mean = grades.right if place == 0 else grades.wrong
    share = mean + grades.sigma * STANDARD.inv_cdf(draw.uniform("grade"))
    low, high = reading.scale
    return round(low + (high - low) * min(max(share, 0.0), 1.0))
