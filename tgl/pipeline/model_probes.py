"""`tglc models probe`: the models of a program, asked what they do."""

from __future__ import annotations

from tgl.diagnostics import did_you_mean
from tgl.models import ModelError
from tgl.pipeline.loading import load_program, lower_program
from tgl.pipeline.probing import ModelProbe, probe_model
from tgl.pipeline.session import RunOptions, build_model, open_store
from tgl.pipeline.stop import Exit, Stop
from tgl.pipeline.trouble import model_stop, placeless
from tgl.pipeline.workspace import Workspace


async def probe_program_models(
    name: str, model: str | None, workspace: Workspace, *, graph: str | None = None
) -> list[ModelProbe]:
    """Ask the models of a program, one after the other, or one of them.

    Raises:
        Stop: the program has errors or no such model, a model can't be built, the store can't be used.
    """
    ir = lower_program(load_program(name), graph=graph)
    chosen = [spec for spec in ir.models if model in (None, spec.name)]
    if not chosen:
        names = [spec.name for spec in ir.models]
        near = did_you_mean(model or "", names)
        raise Stop(
            Exit.USAGE,
            placeless(
                "R0111",
                f"the program uses no model `{model}`" + (f"; {near}" if near else ""),
                help=f"its models are {', '.join(names)}" if names else "it has none",
            ),
        )
    probes: list[ModelProbe] = []
    with open_store(workspace, RunOptions(live=True)) as store:
        for spec in chosen:
            try:
                back_end = build_model(spec, workspace)
            except ModelError as error:
                raise model_stop(error) from None
            try:
                probes.append(await probe_model(spec, back_end, store, workspace))
            finally:
                await back_end.close()
    return probes
