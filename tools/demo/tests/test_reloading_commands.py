"""The commands that reload, as a user runs them, with the toy as the repository's pipeline."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from commands import PATIENCE, command, until
from conftest import toy_repository
from local_aws.aws import AwsEndpoint

if TYPE_CHECKING:
    from pathlib import Path


def test_a_watching_local_reloads_what_is_saved_and_reload_finds_it(tmp_path: Path) -> None:
    repository = toy_repository(tmp_path / "repository")
    (repository / "contracts" / "src").mkdir(parents=True)
    local = command(repository, "local", "--watch")
    file = repository / ".emulator" / "env"
    until(file.exists, local)
    url = next(line for line in file.read_text().splitlines() if "AWS_ENDPOINT_URL=" in line).partition("=")[2]
    client = AwsEndpoint(url).lambda_()
    judge = repository / "infra" / "functions" / "judge.py"
    judge.write_text(judge.read_text().replace("    return wish\n", "    return str(wish)\n"))

    until(lambda: client.get_alias(FunctionName="local-toy-judge", Name="live")["FunctionVersion"] == "2", local)
    reload = command(repository, "reload", "Judge", "Conveyor")
    told, errors = reload.communicate(timeout=PATIENCE)

    assert reload.returncode == 0, errors
    assert "Judge: version 2 is unchanged" in told
    judge.write_text("def handler(:\n")
    broken = command(repository, "reload", "Judge")
    told, _ = broken.communicate(timeout=PATIENCE)
    assert broken.returncode == 1
    assert f"{judge}, line 1: invalid syntax" in told.replace("\n", "")
    local.send_signal(signal.SIGINT)
    output, errors = local.communicate(timeout=PATIENCE)
    assert local.returncode == 0, errors
    assert "watching Judge: version 1" in output
    assert "Judge: version 2 is live" in output


def test_reload_says_that_nothing_runs(tmp_path: Path) -> None:
    repository = toy_repository(tmp_path / "repository")

    reload = command(repository, "reload", "validator")
    _, errors = reload.communicate(timeout=PATIENCE)

    assert reload.returncode == 1
    assert errors == f"error: no emulated AWS is running in {repository}; start one, and keep it running\n"
