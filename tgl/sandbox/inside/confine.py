"""Limits that a process sets on itself before it reads anything, and can't raise again."""

from __future__ import annotations

import resource
import sys

THREADS = 32


def confine(cpu_s: int, memory_mb: int, processes: int, files_mb: int) -> None:
    """Set hard limits. One second after SIGXCPU, which a program can ignore, the kernel kills it."""
    size = memory_mb * 2**20
    lower(resource.RLIMIT_CORE, 0, 0)
    lower(resource.RLIMIT_CPU, cpu_s, cpu_s + 1)
    lower(resource.RLIMIT_FSIZE, files_mb * 2**20, files_mb * 2**20)
    lower(resource.RLIMIT_NOFILE, 64, 64)
    lower(resource.RLIMIT_AS, size, size)
    lower(resource.RLIMIT_NPROC, processes + THREADS, processes + THREADS)


def lower(kind: int, soft: int, hard: int) -> None:
    """Set a limit, unless a lower one is in force already. Other systems than Linux lack some."""
    highest = resource.getrlimit(kind)[1]
    if highest != resource.RLIM_INFINITY:
        soft, hard = min(soft, highest), min(hard, highest)
    try:
        resource.setrlimit(kind, (soft, hard))
    except (OSError, ValueError):
        if sys.platform == "linux":
            raise
