"""What lowering compares with: functions that no program names."""

from __future__ import annotations

from tgl.stdfn.values import Value, number_in


def at_least(score: Value, best: Value) -> bool:
    """Whether a score is known and no other was higher; of equal ones the later counts (language.md L5)."""
    new, old = number_in(score), number_in(best)
    return new is not None and (old is None or new >= old)


def above(score: Value, best: Value) -> bool:
    """Whether a score is known and higher than all before it."""
    new, old = number_in(score), number_in(best)
    return new is not None and (old is None or new > old)
