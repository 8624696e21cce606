"""The poisoned copy: its transformer crashes, and everything else in it is unchanged."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from chaos.poison import POISON, REFUSED, poisoned_copy
from pipeline_testing.bodies import body

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    assert poisoned_copy(folder, timeout_seconds=3, visibility_timeout=30) == folder / "infra" / "template.yaml"
    return folder


def handled(copy: Path, module: str, **fields: str) -> subprocess.CompletedProcess[str]:
    code = f"""
from pipeline_contracts import parse_message
from {module} import *
message = parse_message({body(**fields)!r}).content
if "rules" in {module!r}:
    print([error.code for rule in RULES.get("any") for error in rule(message)])
else:
    print(standard(message))
"""
    service = module.partition(".")[0]
    variables = os.environ | {"PYTHONPATH": str(copy / f"services/{service}/src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=variables, timeout=5, capture_output=True, text=True, check=False)


def test_poison_ends_the_process_that_handles_it(copy: Path) -> None:
    transformations = "transformer.transformations"

    assert handled(copy, transformations).stdout
    assert handled(copy, transformations, **{POISON: "exit"}).returncode == 1
    assert handled(copy, transformations, **{POISON: "memory"}).returncode == -signal.SIGKILL


def test_a_loop_does_not_end(copy: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        handled(copy, "transformer.transformations", **{POISON: "loop"})


def test_a_message_is_refused_with_the_code_that_it_names(copy: Path) -> None:
    assert handled(copy, "validator.rules").stdout == "[]\n"
    assert handled(copy, "validator.rules", **{REFUSED: "some_rule"}).stdout == "['some_rule']\n"


def test_nothing_else_is_changed_but_the_timeouts_a_rule_and_the_waits(copy: Path) -> None:
    changed = {
        str(path.relative_to(copy))
        for path in copy.rglob("*")
        if path.is_file() and path.read_bytes() != (REPOSITORY / path.relative_to(copy)).read_bytes()
    }

    assert changed == {
        "infra/shared/template.yaml",
        "services/orchestrator/src/orchestrator/redelivery.py",
        "services/transformer/src/transformer/transformations.py",
        "services/transformer/template.yaml",
        "services/validator/src/validator/rules.py",
    }
