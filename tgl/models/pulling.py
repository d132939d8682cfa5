"""Pulling weights into the cache folder: fetched, checked, then renamed into place.

A pull holds a lock for its pack, works in a folder of its own inside the cache folder, and renames the
checked file as its last step. So the cache holds whole, verified files or none, whatever interrupts it.
Nothing that was fetched is ever imported or installed.
"""

from __future__ import annotations

import errno
import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from tgl.models.fetch import CHUNK, Meter, Progress, PullError, PullErrorKind, fetch
from tgl.models.lock import file_lock
from tgl.models.packs import Pack, installed_path
from tgl.models.sources import parse_source

Accept = Callable[[Pack], bool]


def no_progress(done: int, total: int | None) -> None:
    """Report nothing."""


def pull(pack: Pack, cache_dir: Path, accept: Accept, progress: Progress = no_progress) -> Path:
    """The path of the pack's verified weights, fetched first if they are not in `cache_dir`.

    Args:
        pack: what to pull.
        cache_dir: where weights are kept; made if missing.
        accept: asked once, before anything is fetched, if the licence has to be agreed to.
        progress: told `(done, total)` in bytes, `done` never falling; `total` None where unknown.

    Raises:
        PullError: nothing was pulled; the kind and the help say why and what to do.
    """
    if (path := installed_path(pack, cache_dir)) is not None:
        return path
    if pack.licence.accept and not accept(pack):
        raise PullError(
            PullErrorKind.DECLINED,
            f"{pack.name} comes under the {pack.licence.name}, which were not accepted",
            help=f"read {pack.licence.url}, then answer yes or give --accept-terms",
        )
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        lock = cache_dir / f".{pack.file_name}.lock"
        with file_lock(lock):
            if (path := installed_path(pack, cache_dir)) is None:
                path = pull_locked(pack, cache_dir, progress)
            # Only after a success: whoever still waits on the unlinked file then finds the weights.
            lock.unlink(missing_ok=True)
        return path
    except KeyboardInterrupt:
        raise PullError(
            PullErrorKind.INTERRUPTED,
            f"the pull of {pack.name} was interrupted; nothing was kept",
            help=f"start again with: tglc models pull {pack.name}",
        ) from None
    except OSError as error:
        raise disk_error(error, pack, cache_dir) from error


def pull_locked(pack: Pack, cache_dir: Path, progress: Progress) -> Path:
    """Fetch, join, check, rename; the caller holds the lock."""
    prefix = f".{pack.file_name}.part-"
    for stale in cache_dir.glob(f"{prefix}*"):  # of a pull that was killed: we hold its lock now
        shutil.rmtree(stale, ignore_errors=True)
    free = shutil.disk_usage(cache_dir).free
    if free < 2 * pack.size:  # the largest moment holds what was fetched and what is being joined
        raise PullError(
            PullErrorKind.DISK,
            f"{pack.name} needs {megabytes(2 * pack.size)} for a moment, {cache_dir} has {megabytes(free)}",
            help="free some space, or set TGLC_MODELS to a folder on another disk",
        )
    with tempfile.TemporaryDirectory(prefix=prefix, dir=cache_dir, ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        joined = work / "weights.gguf"
        digest = hashlib.sha256()
        meter = Meter(progress, pack.size or None)
        with joined.open("wb") as out:
            for number, text in enumerate(pack.sources):
                part = work / f"part{number}"
                part.mkdir()
                with fetch(parse_source(text), part, meter) as stream:
                    while block := stream.read(CHUNK):
                        out.write(block)
                        digest.update(block)
                meter.base = out.tell()
                meter.show(0)
                shutil.rmtree(part)
        if digest.hexdigest() != pack.sha256:
            raise PullError(
                PullErrorKind.CHECKSUM,
                f"what came for {pack.name} is not what is pinned: sha256 {digest.hexdigest()}, "
                f"expected {pack.sha256}",
                help="the source may have changed or been tampered with; nothing was kept. "
                "If you pinned the hash yourself, check it",
            )
        return joined.replace(cache_dir / pack.file_name)


def disk_error(error: OSError, pack: Pack, cache_dir: Path) -> PullError:
    """The refusal of the file system, in words."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return PullError(
            PullErrorKind.DISK,
            f"the disk is full: {pack.name} did not fit into {cache_dir}; nothing was kept",
            help="free some space, or set TGLC_MODELS to a folder on another disk",
        )
    return PullError(
        PullErrorKind.DISK,
        f"{cache_dir} can't be written: {error.strerror or error}",
        help="make the folder writable, or set TGLC_MODELS to another one",
    )


def megabytes(size: int) -> str:
    """A size in bytes, for people."""
    return f"{size / 1e6:,.0f} MB"
