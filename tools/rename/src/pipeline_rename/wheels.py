"""The released wheels of the contracts, with another name of their distribution but otherwise unchanged."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def rename_wheel(path: Path, replaced: Callable[[str], str]) -> tuple[str, str]:
    """Write a wheel under its new name and remove the old one; return the SHA-256 of both, for the locks.

    The same input gives the same bytes.
    """
    before = path.read_bytes()
    renamed = path.with_name(replaced(path.name))
    with zipfile.ZipFile(path) as archive:
        entries = [(entry, archive.read(entry)) for entry in archive.infolist()]
    path.unlink()
    record: list[str] = []
    with zipfile.ZipFile(renamed, "w") as archive:
        for entry, data in entries:
            content = replaced(data.decode()).encode()
            entry.filename = replaced(entry.filename)
            if entry.filename.endswith(".dist-info/RECORD"):
                content = "".join([*record, f"{entry.filename},,\n"]).encode()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            record.append(f"{entry.filename},sha256={digest},{len(content)}\n")
            archive.writestr(entry, content)
    return _digest(before), _digest(renamed.read_bytes())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
