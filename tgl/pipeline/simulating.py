"""`simulate`: a program with statistical models in place of its own, a server of them, and their fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tgl.ir import ModelSpec, ProgramIR, TaskSpec
from tgl.models import ModelError, settings_of
from tgl.models.simulated import (
    Fields,
    Simulation,
    in_folder,
    is_file_profile,
    read_profiles,
    simulation,
    simulation_of,
    task_settings,
)
from tgl.models.simulated.profile import ProfileError
from tgl.pipeline.loading import folder_of, load_program, lower_program
from tgl.pipeline.searching import SearchOutcome, SearchPlan, prepare, search
from tgl.pipeline.session import RunOptions
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.task import load_task
from tgl.pipeline.trouble import model_stop, placeless
from tgl.pipeline.watch import Watch
from tgl.pipeline.workspace import Workspace

SIZES = ((0.6e9, "sim-200m"), (2e9, "sim-1b"), (5e9, "sim-3b"), (20e9, "sim-8b"))
"""Parameters up to which a profile stands for a model; beyond all it is `LARGEST`, without any `UNKNOWN`."""
LARGEST, UNKNOWN = "sim-70b", "sim-8b"


def profile_of_size(params: float | None) -> str:
    """The shipped profile that stands for a model of so many parameters."""
    if params is None:
        return UNKNOWN
    return next((name for most, name in SIZES if params <= most), LARGEST)


def asked_field(task: TaskSpec, values: Mapping[str, Sequence[object]]) -> str:
    """The given field that tells the examples apart best: the question; the first of equals."""
    return max(task.given, key=lambda name: len(set(map(str, values[name]))))


@dataclass(frozen=True, slots=True)
class Stand:
    """What stands for a model: `declared` if the program itself says so."""

    model: str
    profile: str
    declared: bool


def simulated_plan(plan: SearchPlan, profile: str | None) -> tuple[SearchPlan, tuple[Stand, ...]]:
    """A plan with all models simulated on the task's own data, and what stands for which model.

    Args:
        plan: from `prepare`.
        profile: for all models, in place of the one of their size; a file's profiles stand for the models of
            their names.
    """
    values = {
        name: [example.given[name] for example in plan.data.dataset.examples] for name in plan.data.task.given
    }
    ir, stands = simulated_ir(
        plan.ir, plan.data.task, plan.folder, asked_field(plan.data.task, values), profile
    )
    return replace(plan, ir=ir), stands


def simulated_ir(
    ir: ProgramIR, task: TaskSpec, folder: Path, question: str, profile: str | None
) -> tuple[ProgramIR, tuple[Stand, ...]]:
    """A program with all models simulated."""
    models: list[ModelSpec] = []
    stands: list[Stand] = []
    for spec in ir.models:
        if spec.embeds:
            models.append(spec.model_copy(update={"provider": "simulated", "settings": ()}))
            stands.append(Stand(spec.name, "simulated vectors", declared=spec.is_simulated))
            continue
        if spec.is_simulated and profile is None:
            models.append(spec)
            stands.append(Stand(spec.name, dict(spec.settings).get("profile", ""), declared=True))
            continue
        chosen = profile_for(spec, profile)
        settings = (("profile", chosen), ("variant", spec.name), *task_settings(task, question))
        changed = spec.model_copy(update={"provider": "simulated", "settings": settings})
        models.append(in_folder(changed, folder))
        stands.append(Stand(spec.name, chosen, declared=False))
    return ir.model_copy(update={"models": tuple(models)}), tuple(stands)


def profile_for(spec: ModelSpec, profile: str | None) -> str:
    """The profile setting of a model; a file is named from the current folder.

    Raises:
        Stop: the file has no profile of the model's name.
    """
    if profile is None:
        return profile_of_size(spec.params)
    if not is_file_profile(profile):
        return profile
    path, _, name = profile.partition("#")
    absolute = Path(path).absolute()
    try:
        held = read_profiles(absolute).profiles
    except ProfileError as error:
        raise Stop(Exit.USAGE, placeless("R0109", error.message, help=error.help)) from None
    wanted = name or (spec.name if spec.name in held or len(held) != 1 else next(iter(held)))
    if wanted not in held:
        raise Stop(
            Exit.USAGE,
            placeless(
                "R0109",
                f"{path} has no profile `{wanted}`, which is to stand for model `{spec.name}`",
                help=f"it has {', '.join(held)}; one for all is --profile {path}#NAME",
            ),
        )
    return f"{absolute}#{wanted}"


async def simulate(
    name: str,
    workspace: Workspace,
    watch: Watch,
    *,
    graph: str | None = None,
    profile: str | None = None,
    trust: bool = False,
) -> tuple[SearchOutcome, SearchPlan, tuple[Stand, ...]]:
    """Search a program with all its models simulated; nothing is kept but what is returned.

    Raises:
        Stop: the program has errors, or the search can't be finished.
    """
    plan, stands = simulated_plan(prepare(name, graph=graph), profile)
    nowhere = replace(workspace, address="memory:")
    outcome = await search(plan, nowhere, RunOptions(live=True, trust=trust), watch, keep=False)
    return outcome, plan, stands


def served(
    program: str | None, profile: str | None, items: Path | None, graph: str | None
) -> dict[str, Simulation]:
    """Simulations by the names that requests may use: declared name and `id`, or the profile's name.

    Raises:
        Stop: the program has errors, or a profile or the items can't be had.
    """
    try:
        if program is None:
            assert profile is not None
            assert items is not None
            found = simulation("server", profile, str(items), Path())
            return {found.chosen.name: found}
        checked = load_program(program)
        ir = lower_program(checked, graph=graph)
        folder = folder_of(program)
        data = load_task(ir, folder)
        values = {name: [one.given[name] for one in data.dataset.examples] for name in data.task.given}
        if items is not None:
            task = data.task.model_copy(update={"data": str(items.absolute())})
            ir, _ = simulated_ir(ir, task, folder, Fields().question, profile)
        else:
            ir, _ = simulated_ir(ir, data.task, folder, asked_field(data.task, values), profile)
        models: dict[str, Simulation] = {}
        for spec in ir.models:
            if spec.embeds:
                continue  # the server answers prompts
            made = simulation_of(settings_of(spec))
            models[spec.name] = made
            if spec.id:
                models.setdefault(spec.id, made)
        return models
    except ModelError as error:
        raise model_stop(error) from None
