"""Where the bytes of attachments are kept: a port, and a folder behind it. S3 and the like come behind the port."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

_KEY = re.compile(r"[0-9a-f]{32}")
_PART = ".part"


class StorageUnavailable(Exception):
    """The storage can't be written or read, or lacks a file that a row names."""

    problem = "unavailable"


class Storage(Protocol):
    """Keys are 32 hexadecimal digits, random, and never used again: a file isn't changed, only put and deleted."""

    def put(self, key: str, content: bytes) -> None:
        """Keeps a file. It's durable when this returns. Raises StorageUnavailable."""

    def read(self, key: str) -> bytes:
        """Returns the whole file. Raises StorageUnavailable, also when there's none."""

    def delete(self, key: str) -> None:
        """Removes a file; one that isn't there is no error. Raises StorageUnavailable."""

    def keys(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """The keys that begin with two digits of theirs, each with the time of its file. Raises StorageUnavailable."""

    def room(self) -> int:
        """Returns the bytes that may still be put before uploads are refused. Raises StorageUnavailable."""


class Folder:
    """A folder of this machine, or a mounted one that all processes of the service share. Two digits of the key name a
    subfolder. Only the service's user reads it."""

    def __init__(self, folder: Path, least_free: int = 0) -> None:
        """`least_free`: bytes of the volume that stay free, whoever sends how much: on a full one nothing goes on."""
        self._root = folder
        self._least_free = least_free

    def put(self, key: str, content: bytes) -> None:
        """Writes beside, syncs, renames, and syncs the folder's entry: a power cut leaves the whole file or none."""
        place = self._place(key)
        part = place.with_suffix(_PART)
        try:
            self._make(place.parent)
            self._check_room(len(content))
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(place)
            _sync(place.parent)
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise StorageUnavailable(f"put: {error.strerror}") from error

    def read(self, key: str) -> bytes:
        """Raises StorageUnavailable."""
        try:
            return self._place(key).read_bytes()
        except OSError as error:
            raise StorageUnavailable(f"read: {error.strerror}") from error

    def delete(self, key: str) -> None:
        """Also what a killed `put` left of the key."""
        place = self._place(key)
        try:
            place.unlink(missing_ok=True)
            place.with_suffix(_PART).unlink(missing_ok=True)
        except OSError as error:
            raise StorageUnavailable(f"delete: {error.strerror}") from error

    def keys(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Also the keys of which a killed `put` left a part."""
        try:
            with os.scandir(self._root / prefix) as entries:
                for entry in entries:
                    key = entry.name.removesuffix(_PART)
                    if _KEY.fullmatch(key):
                        yield key, datetime.fromtimestamp(entry.stat().st_mtime, UTC)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StorageUnavailable(f"list: {error.strerror}") from error

    def room(self) -> int:
        """Before the first file has made the folder: of the volume where it will be made. Raises StorageUnavailable."""
        try:
            volume = os.statvfs(
                next(one for one in (self._root, *self._root.parents) if one.exists())
            )
        except OSError as error:
            raise StorageUnavailable(f"room: {error.strerror}") from error
        return volume.f_bavail * volume.f_frsize - self._least_free

    def _check_room(self, size: int) -> None:
        """Raises StorageUnavailable when the volume would be too full with so many bytes more."""
        if self.room() < size:
            raise StorageUnavailable("put: too little room left")

    def _place(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError("a key is 32 hexadecimal digits")
        return self._root / key[:2] / key

    def _make(self, folder: Path) -> None:
        """Makes the subfolder, durably; most of the time it's there."""
        if folder.is_dir():
            return
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync(self._root)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
