"""What a search decided, in the words of the program that it wrote."""

from __future__ import annotations

import re

from tgl.emit import decided
from tgl.ir import ProgramIR
from tgl.space import Resolution

REPLICA = re.compile(r"\[[^\]]*\]$")


def decisions(ir: ProgramIR, resolution: Resolution) -> tuple[tuple[str, str], ...]:
    """Address and value of each decision that the written program holds, replicas as they are numbered there.

    An assignment numbers replicas as they were drawn; the program lists survivors in canonical order
    (semantics.md 7), and so does this.
    """
    renumbered = numbers(resolution)
    counts = {
        f"{path}.{group}.count": str(count)
        for path, instance in resolution.instances.items()
        for group, count in instance.counts.items()
    }
    shown: dict[str, str] = {}
    for address, value in decided(ir, resolution.assignment):
        new = written_address(address, renumbered)
        if new is not None:
            shown[new] = counts.get(address, value)
    return tuple(sorted(shown.items(), key=lambda item: natural(item[0])))


def numbers(resolution: Resolution) -> dict[str, str | None]:
    """The last part of each node's address as written, by the address as drawn; None: it is gone."""
    found: dict[str, str | None] = {}
    for path, instance in resolution.instances.items():
        for old, new in instance.live.items():
            last = old.removeprefix(f"{path}.")
            if new is None:
                found[old] = None
            else:
                index = REPLICA.search(new)
                found[old] = REPLICA.sub("", last) + (index[0] if index and REPLICA.search(last) else "")
    return found


def written_address(address: str, renumbered: dict[str, str | None]) -> str | None:
    """An address with the numbers of the written program, None if it speaks of a node that is gone."""
    old: list[str] = []
    new: list[str] = []
    for part in address.split("."):
        ends: list[str] = []
        for end in part.split("->"):
            name = renumbered.get(".".join([*old, end]), end)
            if name is None:
                return None
            ends.append(name)
        old.append(part)
        new.append("->".join(ends))
    return ".".join(new)


def natural(address: str) -> tuple[tuple[int, str], ...]:
    """A key that sorts `worker[10]` behind `worker[9]`."""
    return tuple(
        (int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", address) if part
    )
