"""`provider simulated`: the settings that a program gives, and the model that they make."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tgl.ir import DataSpec, KeySpec, ModelSpec, TaskSpec
from tgl.models.protocol import Capabilities, ErrorKind, Feature, ModelError
from tgl.models.provider import EnvLookup
from tgl.models.settings import ModelSettings
from tgl.models.simulated.items import Fields
from tgl.models.simulated.model import MAX_N, SimulatedModel, Simulation, simulation
from tgl.models.simulated.task_items import TaskItems
from tgl.models.simulated.vectors import SimulatedVectors, vectors_identity

FIELDS = ("question", "answer", "kind", "distractors", "difficulty")
FEATURES = frozenset({Feature.LOGPROBS, Feature.SCHEMA})
"""A begun reply is not continued: filler has no sense that could go on."""
FOLDER = "folder"
"""The setting that tells what paths are relative to; no program writes it."""
SOURCE, KEY = "items.source", "items.key"
"""How the items of a task are read, and their key, as JSON; no program writes these."""


def task_settings(task: TaskSpec, question: str) -> tuple[tuple[str, str], ...]:
    """Settings of a simulated model that knows the questions of a task; `question` is the field that asks."""
    return (
        ("items", task.data),
        ("items.question", question),
        ("items.answer", task.expect),
        *((("items.kind", task.by),) if task.by else ()),
        (SOURCE, task.source.model_dump_json()),
        (KEY, task.key.model_dump_json()),
    )


def in_folder(spec: ModelSpec, folder: Path) -> ModelSpec:
    """A declaration that knows the folder of its program; only simulated models read files by path."""
    if not spec.is_simulated:
        return spec
    kept = tuple(pair for pair in spec.settings if pair[0] != FOLDER)
    return spec.model_copy(update={"settings": (*kept, (FOLDER, str(folder)))})


def simulation_of(settings: ModelSettings) -> Simulation:
    """The simulation that a declaration asks for.

    Raises:
        ModelError: MISSING if profile or items can't be had.
    """
    more = dict(settings.more)
    for key, example in (("profile", 'profile "sim-8b"'), ("items", 'items "quiz.jsonl"')):
        if key not in more:
            raise ModelError(
                ErrorKind.MISSING,
                f"model `{settings.name}` has no `{key}`",
                help=f"add it, such as {example}",
            )
    fields = Fields(**{name: more[f"items.{name}"] for name in FIELDS if f"items.{name}" in more})
    return simulation(
        settings.name,
        more["profile"],
        more["items"],
        Path(more.get(FOLDER, ".")),
        fields=fields,
        variant=more.get("variant", ""),
        task=None
        if SOURCE not in more
        else TaskItems(DataSpec.model_validate_json(more[SOURCE]), KeySpec.model_validate_json(more[KEY])),
    )


@dataclass(frozen=True, slots=True)
class SimulatedProvider:
    """A statistical model of a chat model: needs no key, no weights and no server, and costs nothing."""

    def build(
        self, settings: ModelSettings, env: EnvLookup, cache_dir: Path
    ) -> SimulatedModel | SimulatedVectors:
        """The model over its profile and items; one that embeds has neither."""
        del env, cache_dir
        if settings.embeds:
            return SimulatedVectors(settings.name, self.capabilities_of(settings))
        return SimulatedModel(
            simulation_of(settings),
            name=settings.name,
            sleep=float(dict(settings.more).get("sleep", "0")),
            capabilities=self.capabilities_of(settings),
        )

    def fingerprint_of(self, settings: ModelSettings) -> str:
        """sha256 over profile, items and the version of the equations."""
        if settings.embeds:
            return vectors_identity()
        return simulation_of(settings).fingerprint

    def capabilities_of(self, settings: ModelSettings) -> Capabilities:
        """All options but those that it is declared without."""
        return Capabilities(
            Capabilities().options - settings.without,
            settings.concurrency,
            max_n=MAX_N,
            features=FEATURES,
        )

    def address_of(self, settings: ModelSettings, env: EnvLookup) -> str:
        """None: what it does is known."""
        del settings, env
        return ""


SIMULATED = SimulatedProvider()
