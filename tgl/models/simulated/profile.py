"""Profiles: every parameter of a simulated model, with its unit, range and source.

A profile file (TOML or JSON) holds `[profiles.NAME]` tables and, if it was fitted, `[items]`: what was
estimated about each question. The shipped profiles are generic: their figures are of the size that is usual
for chat models of that many parameters, and are those of no model in particular.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tgl.diagnostics import did_you_mean

SCHEMA = 1
Logit = Annotated[float, Field(ge=-10, le=10)]
Share = Annotated[float, Field(ge=0, le=1)]
Deviation = Annotated[float, Field(ge=0, le=3)]


class Part(BaseModel):
    """A table of a profile."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Ability(Part):
    """How often a question is answered rightly: the two-parameter logistic model of item response theory."""

    level: Logit = Field(
        default=0.0, description="logits; ability on questions of any kind. Source: chosen or fitted"
    )
    kinds: Mapping[str, Logit] = Field(
        default_factory=dict, description="logits; ability on a kind of question, in place of `level`"
    )
    discrimination: float = Field(
        default=1.0,
        gt=0,
        le=5,
        description="slope of the logistic; Birnbaum 1968 (2PL). 1 is the Rasch model",
    )
    shots: float = Field(
        default=0.0,
        ge=-2,
        le=2,
        description="logits for each factor e in 1 + the number of worked examples shown",
    )
    wording: Deviation = Field(
        default=0.0,
        description="logits; deviation of the effect that a prompt's wording has on all questions",
    )


class Sampling(Part):
    """What temperature and repeated draws do."""

    cost: float = Field(
        default=0.0, ge=0, le=5, description="logits lost for each unit of temperature; usual: 0.1 to 0.5"
    )
    draws: Share = Field(
        default=0.4,
        lt=1,
        description="share of the latent variance that is new in each draw at temperature 1",
    )


class Errors(Part):
    """How errors go together. What neither share covers is the model's own, the same in every prompt."""

    shared: Share = Field(
        default=0.3, description="share of the lasting latent variance that all models have in common"
    )
    prompt: Share = Field(
        default=0.2, description="share of the lasting latent variance that changes with the prompt's text"
    )
    concentration: float = Field(
        default=1.0,
        ge=0,
        le=5,
        description="Zipf exponent of wrong answers: 0 is any of them, 3 nearly always one",
    )

    @model_validator(mode="after")
    def fits(self) -> Self:
        """Shares of one whole."""
        if self.shared + self.prompt > 1:
            raise ValueError("`shared` and `prompt` sum to more than 1")
        return self


class Drafts(Part):
    """What earlier answers in a prompt do (refinement, and fusion of several)."""

    capacity: int = Field(
        default=4, ge=0, le=64, description="drafts that are weighed; those after them are not seen"
    )
    keep: Share = Field(default=0.9, description="chance to keep a right answer if it is all that is shown")
    repair: float = Field(
        default=0.8,
        ge=0,
        le=2,
        description="chance to answer rightly where no draft is right ÷ chance without drafts",
    )
    discern: Logit = Field(
        default=0.0, description="logits added to ability when a right draft is told from wrong ones"
    )
    follow: Share = Field(
        default=0.7, description="share of wrong answers that are copied from a shown wrong draft"
    )
    comfort: float = Field(default=500.0, gt=0, le=1e7, description="prompt tokens that cost nothing")
    length_cost: float = Field(
        default=0.2,
        ge=0,
        le=5,
        description="logits lost for each factor e in prompt tokens ÷ `comfort`, above 1",
    )


class Grades(Part):
    """Scores that are given to a shown answer, as shares of the scale that the prompt names."""

    right: Share = Field(default=0.75, description="mean score of a right answer")
    wrong: Share = Field(default=0.55, description="mean score of a wrong answer")
    sigma: Deviation = Field(
        default=0.25, description="deviation of scores around their mean; cut to the scale"
    )


class Faults(Part):
    """Replies that are no answer."""

    unreadable: Share = Field(default=0.0, description="share of replies that name no answer")
    refused: Share = Field(default=0.0, description="share of replies that are refusals")
    failed: Share = Field(
        default=0.0,
        description="share of requests that fail at every attempt; in process only, for a server see --fault",
    )


class Tokens(Part):
    """How long prompts and replies are."""

    turn: float = Field(
        default=4.0, ge=0, le=16, description="tokens that the chat template puts around a message"
    )
    bytes_per_token: float = Field(
        default=4.0, ge=1, le=20, description="UTF-8 bytes of prompt for each token; about 4 in English"
    )
    brief: float = Field(
        default=8.0, ge=1, le=1e5, description="tokens; median of a reply that names an answer only"
    )
    reasoned: float = Field(
        default=120.0,
        ge=1,
        le=1e5,
        description="tokens; median of a reply that reasons, or ends as it was told to",
    )
    text: float = Field(default=60.0, ge=1, le=1e5, description="tokens; median of any other reply")
    sigma: Deviation = Field(default=0.5, description="deviation of the logarithm of lengths")


class Latency(Part):
    """Service times: (base + prompt + reply) × a lognormal factor with median 1."""

    base: float = Field(default=0.2, ge=0, le=600, description="seconds before the first token")
    per_prompt_token: float = Field(default=0.0, ge=0, le=1, description="seconds")
    per_token: float = Field(default=0.02, ge=0, le=60, description="seconds for each token of the reply")
    sigma: Deviation = Field(default=0.25, description="deviation of the logarithm of the factor")


class Profile(Part):
    """One simulated model."""

    about: str = Field(
        default="", description="what the figures are; shown to people, no part of the identity"
    )
    ability: Ability = Ability()
    sampling: Sampling = Sampling()
    errors: Errors = Errors()
    drafts: Drafts = Drafts()
    grades: Grades = Grades()
    faults: Faults = Faults()
    tokens: Tokens = Tokens()
    latency: Latency = Latency()


class FittedItem(Part):
    """What a fit found about a question: difficulty in logits, wrong answers by falling frequency."""

    difficulty: Logit = 0.0
    wrong: tuple[str, ...] = ()


class ProfileFile(Part):
    """A file of profiles. `items` are by `item_digest` of the question."""

    schema_version: int = Field(default=SCHEMA, ge=SCHEMA, le=SCHEMA)
    profiles: Mapping[str, Profile]
    items: Mapping[str, FittedItem] = Field(default_factory=dict)

    def named(self, name: str) -> Chosen | None:
        """A profile of the file."""
        found = self.profiles.get(name)
        return None if found is None else Chosen(name=name, profile=found, items=self.items)


class Chosen(Part):
    """A profile with its name (which its own chance hangs on), and what its file knows about questions."""

    name: str
    profile: Profile
    items: Mapping[str, FittedItem] = Field(default_factory=dict)

    @cached_property
    def canonical(self) -> str:
        """Canonical JSON of everything that shapes a reply."""
        data = self.model_dump(mode="json", exclude={"profile": {"about"}})
        return json.dumps(data, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


class ProfileError(ValueError):
    """A profile that can't be had; `help` says what to do."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


def shipped() -> ProfileFile:
    """The profiles that travel with the package."""
    text = (files("tgl.models.simulated") / "profiles.toml").read_text(encoding="utf-8")
    return ProfileFile.model_validate(tomllib.loads(text))


def profile_names() -> tuple[str, ...]:
    """Names of the shipped profiles, smallest model first."""
    return tuple(shipped().profiles)


def is_file_profile(text: str) -> bool:
    """Whether a `profile` setting names a file, not a shipped profile."""
    path = text.partition("#")[0]
    return path.endswith((".toml", ".json")) or "/" in path


def read_profiles(path: Path) -> ProfileFile:
    """The profiles of a file.

    Raises:
        ProfileError: it can't be read, or holds something else.
    """
    try:
        content = path.read_text(encoding="utf-8")
        data: object = json.loads(content) if path.suffix == ".json" else tomllib.loads(content)
        return ProfileFile.model_validate(data)
    except OSError as error:
        raise ProfileError(
            f"the profile {path} can't be read: {error.strerror}", "check the path of `profile`"
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise ProfileError(
            f"the profile {path}: `{place}`: {first['msg'][:1].lower()}{first['msg'][1:]}",
            "docs/simulation.md lists every parameter with its range",
        ) from None
    except (ValueError, RecursionError) as error:
        said = " ".join(str(error).split())
        raise ProfileError(f"the profile {path} can't be read: {said}", "write TOML or JSON") from None


def find_profile(text: str, folder: Path, *, default: str = "") -> Chosen:
    """The profile that a setting names: a shipped one, or `FILE#NAME`.

    Args:
        text: the setting.
        folder: what files are relative to.
        default: the name to look for in a file that holds several, if the setting names none.

    Raises:
        ProfileError: there is none.
    """
    if not is_file_profile(text):
        found = shipped().named(text)
        if found is not None:
            return found
        near = did_you_mean(text, profile_names())
        listed = f"the shipped profiles are {', '.join(profile_names())}"
        raise ProfileError(
            f"there is no profile `{text}`",
            f"{near}; {listed}" if near else f"{listed}; or name a .toml file",
        )
    path, _, name = text.partition("#")
    held = read_profiles(folder / path)
    names = [name or default]
    if not name and len(held.profiles) == 1:
        names.extend(held.profiles)
    for one in names:
        if (found := held.named(one)) is not None:
            return found
    listed = ", ".join(f"`{path}#{one}`" for one in held.profiles)
    raise ProfileError(f"{path} has no profile `{name or default}`", f"it has {listed}" if listed else "")
