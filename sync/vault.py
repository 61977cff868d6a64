"""The bytes of evidence in a folder: one file per hash, whole and on disk before anybody calls it safe.

Never here: the database, HTTP, who may read. `uploads/` holds what has arrived in part, `blobs/<tenant>/ab/<sha256>` what
is verified. File and folder are flushed to disk (fsync) before a function returns.
"""

import fcntl
import os
import re
from contextlib import suppress
from hashlib import file_digest
from pathlib import Path

_TENANT = re.compile(r"[A-Za-z0-9_-]{1,100}")


class LostError(Exception):
    """What had arrived of an upload is not here any more: the device begins again."""


class WrongBytesError(Exception):
    """The bytes that have arrived do not hash to what was announced; they have been dropped."""


def blob_path(folder: Path, tenant: str, sha256: str) -> Path:
    """Where the verified bytes with this hash lie."""
    if _TENANT.fullmatch(tenant) is None:
        raise ValueError(f"no folder can be named {tenant!r}")
    return folder / "blobs" / tenant / sha256[:2] / sha256


def append(folder: Path, upload: str, offset: int, chunk: bytes) -> None:
    """Writes a chunk at its place. Raises LostError if what came before it is missing."""
    path = _open_path(folder, upload)
    descriptor = os.open(path, os.O_RDWR | (os.O_CREAT if offset == 0 else 0), 0o600) if _there(path, offset) else None
    if descriptor is None:
        raise LostError(upload)
    try:
        _own(descriptor, path)
        if os.fstat(descriptor).st_size < offset:
            raise LostError(upload)
        written = 0
        while written < len(chunk):
            written += os.pwrite(descriptor, chunk[written:], offset + written)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if offset == 0:
        _flush_folder(path.parent)


def finish(folder: Path, upload: str, *, tenant: str, sha256: str, length: int) -> None:
    """Verifies what is on disk and gives it its name by hash. Raises WrongBytesError, LostError."""
    path, target = _open_path(folder, upload), blob_path(folder, tenant, sha256)
    if length == 0:
        append(folder, upload, 0, b"")
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        raise LostError(upload) from None
    try:
        _own(descriptor, path)
        # A chunk sent again after a crash may have left bytes behind the end.
        os.ftruncate(descriptor, length)
        with os.fdopen(os.dup(descriptor), "rb") as stored:
            right = file_digest(stored, "sha256").hexdigest() == sha256
        if not right:
            path.unlink()
            raise WrongBytesError(upload)
        os.fsync(descriptor)
        for missing in [parent for parent in reversed(target.parents) if not parent.exists()]:
            missing.mkdir(exist_ok=True)
            _flush_folder(missing.parent)
        path.replace(target)
    finally:
        os.close(descriptor)
    _flush_folder(target.parent)
    _flush_folder(path.parent)


def drop(folder: Path, upload: str) -> None:
    """Forgets an unfinished upload."""
    with suppress(FileNotFoundError):
        _open_path(folder, upload).unlink()


def _open_path(folder: Path, upload: str) -> Path:
    return folder / "uploads" / upload


def _there(path: Path, offset: int) -> bool:
    if offset == 0:
        path.parent.mkdir(parents=True, exist_ok=True)
        return True
    return path.exists()


def _own(descriptor: int, path: Path) -> None:
    """Waits for others at the same upload; if they have finished it meanwhile, its file is a blob and not ours."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        mine = os.fstat(descriptor).st_ino == path.stat().st_ino
    except FileNotFoundError:
        mine = False
    if not mine:
        raise LostError(path.name)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
