"""The command ``local-aws`` as a user runs it, with the toy application."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from local_aws.run_folder import processes_of
from local_aws.testing.toy_application import TOY, until


def up(folder: Path, *words: str) -> subprocess.Popen[str]:
    command = [str(Path(sys.executable).with_name("local-aws")), "up", *words]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_an_application_is_up_until_it_is_told_to_end(tmp_path: Path) -> None:
    process = up(tmp_path, str(TOY / "template.yaml"), "--parameter", "EnvironmentName=here")
    file = tmp_path / ".emulator" / "env"
    until(lambda: file.exists() or process.poll() is not None, seconds=120)
    assert process.poll() is None, process.communicate()
    (run,) = (tmp_path / ".emulator" / "runs").iterdir()
    variables = file.read_text()

    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)

    assert process.returncode == 0, errors
    assert "DataProcessingQueueUrl = http://127.0.0.1:" in output
    assert ":function:here-toy-conveyor:live" in output
    assert "export AWS_ENDPOINT_URL=http://127.0.0.1:" in output
    assert "export AWS_ENDPOINT_URL=http://127.0.0.1:" in variables
    assert processes_of(run.name) == []
    assert not file.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nowhere.yaml",), "error: the template {}/nowhere.yaml cannot be read: No such file or directory"),
        ((str(TOY / "template.yaml"), "--parameter", "Colour=red"), "error: the root template has no parameter Colour"),
    ],
)
def test_what_cannot_be_deployed_is_refused_in_a_sentence(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    process = up(tmp_path, *words)
    _, errors = process.communicate(timeout=60)

    assert process.returncode == 1
    assert told.format(tmp_path) in errors
    assert "Traceback" not in errors
