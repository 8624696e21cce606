"""The poisoned copy: its transformer dies, and all else in it is as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from chaos.poison import poisoned_copy

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    assert poisoned_copy(folder, timeout_seconds=3) == folder / "infra" / "template.yaml"
    return folder


def handled(copy: Path, processing_type: str) -> subprocess.CompletedProcess[str]:
    code = f"from transformer.transformations import TRANSFORMATIONS as T; T['{processing_type}'](None); print('alive')"
    variables = os.environ | {"PYTHONPATH": str(copy / "services/transformer/src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=variables, timeout=5, capture_output=True, text=True, check=False)


def test_poison_ends_the_process_that_handles_it(copy: Path) -> None:
    assert handled(copy, "standard").stdout == "alive\n"
    assert handled(copy, "poison-exit").returncode == 1
    assert handled(copy, "poison-memory").returncode == -signal.SIGKILL


def test_a_loop_does_not_end(copy: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        handled(copy, "poison-loop")


def test_nothing_else_is_changed_but_a_timeout_and_the_waits(copy: Path) -> None:
    changed = {
        str(path.relative_to(copy))
        for path in copy.rglob("*")
        if path.is_file() and path.read_bytes() != (REPOSITORY / path.relative_to(copy)).read_bytes()
    }

    assert changed == {
        "services/orchestrator/src/orchestrator/redelivery.py",
        "services/transformer/src/transformer/transformations.py",
        "services/transformer/template.yaml",
    }
