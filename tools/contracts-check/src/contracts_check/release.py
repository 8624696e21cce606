"""A release: version, changelog, wheel, schemas, and the documents that have the version in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from contracts_check import changelog, check, releases, schemas

if TYPE_CHECKING:
    from contracts_check.policy import Level


def release(level: Level) -> int:
    """Release the sources as the next version of a level, unless it or the changelog is not enough."""
    change = check.since_last_release()
    version = level.after(change.last)
    log = changelog.PATH.read_text(encoding="utf-8")
    if problems := check.problems(change, version, log):
        print(*(finding.sentence for finding in change.findings), *problems, sep="\n")
        return 1
    releases.set_version(version)
    if not changelog.entry(log, version):
        changelog.PATH.write_text(changelog.release(log, version, datetime.now(UTC).date()), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        wheel = Path(shutil.copy(releases.build(Path(folder)), releases.FOLDER))
    schemas.write(schemas.of_wheel(wheel), str(version))
    # The installed package still says the version before: the wheel comes first on the path.
    env = {**os.environ, "PYTHONPATH": str(wheel)}
    command = [sys.executable, "-m", "pipeline_asyncapi", str(releases.CONTRACTS.parent)]
    subprocess.run(command, env=env, check=True)  # noqa: S603 - words of this file
    print(f"Released {version}: commit it. From the main branch on it is never edited.")
    print(f"A service takes it with `durable-pipeline-contracts>={version},<{version.major + 1}`, and ./nox -s lock.")
    return 0
