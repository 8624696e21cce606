"""The released versions: one wheel each, in the folder that is their package index."""

from __future__ import annotations

import re
import subprocess
import tomllib
import zipfile
from pathlib import Path

from packaging.utils import parse_wheel_filename
from packaging.version import Version


def _contracts() -> Path:
    """Find the contracts of the repository that the working folder is in."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "contracts" / "pyproject.toml").is_file():
            return folder / "contracts"
    raise SystemExit(f"there is no contracts/pyproject.toml in {here} or above; run this in the repository")


CONTRACTS = _contracts()
FOLDER = CONTRACTS / "releases"
PYPROJECT = CONTRACTS / "pyproject.toml"
CONSTANT = CONTRACTS / "src" / "pipeline_contracts" / "exchange.py"


def wheels() -> dict[Version, Path]:
    """Find the wheel of each released version, oldest first."""
    found = {parse_wheel_filename(path.name)[1]: path for path in FOLDER.glob("*.whl")}
    return dict(sorted(found.items()))


def build(folder: Path) -> Path:
    """Build the wheel of the sources; two builds of the same sources are identical."""
    command = ["uv", "build", "--quiet", "--wheel", str(CONTRACTS), "--out-dir", str(folder), "--no-create-gitignore"]
    # From the root, where uv finds its settings.
    subprocess.run(command, cwd=CONTRACTS.parent, check=True)  # noqa: S603 - words of this file
    (wheel,) = folder.glob("*.whl")
    return wheel


def contents(wheel: Path) -> dict[str, bytes]:
    """Read the installed files of a wheel, without its version, its digests, and its build tool."""
    with zipfile.ZipFile(wheel) as archive:
        files = {name.partition(".dist-info/")[2] or name: archive.read(name) for name in archive.namelist()}
    metadata = re.sub(rb"(?m)^(Metadata-)?Version: .*$", b"", files["METADATA"])
    return {name: data for name, data in files.items() if name not in ("WHEEL", "RECORD")} | {"METADATA": metadata}


def of_sources() -> Version:
    """Read the version of the sources."""
    return Version(tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["version"])


def set_version(version: Version) -> None:
    """Write the version of the sources, into both files that contain it."""
    for path, name in ((PYPROJECT, "version"), (CONSTANT, "VERSION")):
        text = path.read_text(encoding="utf-8")
        written, found = re.subn(rf'(?m)^{name} = ".*"$', f'{name} = "{version}"', text)
        if found != 1:
            raise ValueError(f"{path} has {found} lines {name} = …, expected one")
        path.write_text(written, encoding="utf-8")
