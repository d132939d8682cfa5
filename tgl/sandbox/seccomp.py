"""System calls that a program in the box has no business with, as a filter of classic BPF.

Namespaces keep the box apart; the filter closes what they and resource limits leave open: starting processes
(RLIMIT_NPROC does not bind root), sockets of any kind, memory that no limit counts (memfd, SysV segments,
queues), and calls with a history of holes in the kernel. Numbers from Linux' `syscall_64.tbl` and
`asm-generic/unistd.h`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
CLONE_THREAD = 0x10000


@dataclass(frozen=True, slots=True)
class Machine:
    """Numbers of system calls on one kind of processor."""

    architecture: int
    clone: int
    start: tuple[int, ...]
    """fork and vfork."""
    denied: tuple[int, ...]
    """socket, ptrace, process_vm_readv, process_vm_writev, unshare, setns, mount, umount2, pivot_root,
    chroot, add_key, request_key, keyctl, bpf, perf_event_open, userfaultfd, kexec_load, init_module,
    finit_module, open_by_handle_at, memfd_create, shmget, semget, msgget, mq_open."""


CLONE3 = 435
ALIKE = (425, 438, 447, *range(428, 434), 442)
"""The same everywhere: io_uring_setup, pidfd_getfd, memfd_secret, the newer calls that mount."""

MACHINES = {
    "x86_64": Machine(
        0xC000003E, 56, (57, 58),
        (41, 101, 310, 311, 272, 308, 165, 166, 155, 161, 248, 249, 250, 321, 298, 323, 246, 175, 313,
         304, 319, 29, 64, 68, 240),
    ),
    "aarch64": Machine(
        0xC00000B7, 220, (),
        (198, 117, 270, 271, 97, 268, 40, 39, 41, 51, 217, 218, 219, 280, 241, 282, 104, 105, 273,
         265, 279, 194, 190, 186, 180),
    ),
}  # fmt: skip


def program(machine: str, *, may_start: bool) -> bytes | None:
    """The filter for a kind of processor, as `platform.machine()` names it; None where none is known.

    Args:
        machine: "x86_64" or "aarch64".
        may_start: whether processes may be started. Threads always may.
    """
    known = MACHINES.get(machine)
    if known is None:
        return None
    steps = [
        step(LOAD, ARCHITECTURE),
        step(EQUAL, known.architecture, 1, 0),
        step(RETURN, KILL),
        step(LOAD, NUMBER),
        # x32's numbers are a second way to the same calls.
        step(AT_LEAST, 0x40000000, 0, 1),
        step(RETURN, EPERM),
    ]
    for number in (*known.denied, *ALIKE, *(() if may_start else known.start)):
        steps += [step(EQUAL, number, 0, 1), step(RETURN, EPERM)]
    # clone3's flags lie in memory, where a filter can't look: without it, libraries fall back to clone.
    steps += [step(EQUAL, CLONE3, 0, 1), step(RETURN, ENOSYS)]
    if not may_start:
        steps += [
            step(EQUAL, known.clone, 0, 3),
            step(LOAD, FIRST_ARGUMENT),
            step(ANY_BIT, CLONE_THREAD, 1, 0),
            step(RETURN, EPERM),
        ]
    return b"".join((*steps, step(RETURN, ALLOW)))


def step(code: int, value: int, when_true: int = 0, when_false: int = 0) -> bytes:
    """One instruction, `struct sock_filter`."""
    return struct.pack("=HBBI", code, when_true, when_false, value)
