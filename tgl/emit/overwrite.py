"""Whether a resolved program on disk may be replaced by a new one."""

from __future__ import annotations

from enum import StrEnum

from tgl.emit.measured import measured_blocks, program_hash, recorded_hashes


class Existing(StrEnum):
    """What stands where the resolved program is to be written."""

    ABSENT = "absent"
    OURS = "written by tglc and not changed since"
    EDITED = "written by tglc and changed since"
    FOREIGN = "not written by tglc"

    @property
    def may_be_overwritten(self) -> bool:
        """Whether nothing of a person's is lost."""
        return self in (Existing.ABSENT, Existing.OURS)


def existing_state(text: str | None) -> Existing:
    """What `text` is (None: there is no file).

    A blank file is absent, one without a `measured` block foreign, one only laid out anew still ours.
    """
    if text is None or not text.strip():
        return Existing.ABSENT
    blocks = measured_blocks(text)
    if not blocks:
        return Existing.FOREIGN
    same = recorded_hashes(blocks[-1]).get("program") == program_hash(text)
    return Existing.OURS if same else Existing.EDITED
