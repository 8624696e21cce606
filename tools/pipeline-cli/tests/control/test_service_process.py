"""The process in which a service of this checkout answers the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pipeline_cli import service_driver
from pipeline_cli.errors import CommandError
from pipeline_cli.service_process import ServiceProcess, ServiceRaisedError, interpreter
from pipeline_contracts.message import EXAMPLES

BODY = json.dumps(EXAMPLES[0])


def test_the_variable_that_names_the_interpreter_has_to_be_set() -> None:
    with pytest.raises(CommandError, match=r"^VALIDATOR_PYTHON is not set: .*the validator of this checkout"):
        interpreter("validator", {})


@pytest.mark.parametrize(
    ("python", "words"), [(sys.executable, "No module named 'validator'"), ("/nowhere/python", "No such file")]
)
def test_a_service_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch, python: str, words: str) -> None:
    monkeypatch.setenv("VALIDATOR_PYTHON", python)

    with pytest.raises(CommandError, match=words), ServiceProcess("validator") as service:
        service.ask({"records": []})


def test_a_service_that_has_ended_is_told_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VALIDATOR_PYTHON", sys.executable)

    with ServiceProcess("validator") as service:
        for _ in range(2):
            with pytest.raises(CommandError, match="the validator of this checkout has ended"):
                service.ask({"records": []})


def test_what_a_service_prints_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "noisy").mkdir()
    (tmp_path / "noisy/handler.py").write_text("def handler(event, context):\n    print('noise')\n    return event\n")
    command = [sys.executable, "-P", str(Path(service_driver.__file__)), "noisy", "handled"]

    ran = subprocess.run(
        command, input="1\n2\n", env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True
    )

    assert ran.stdout.splitlines() == ['{"answer": 1}', '{"answer": 2}']
    assert ran.stderr == "noise\nnoise\n"


def test_what_a_service_raises_is_told_and_it_goes_on() -> None:
    with ServiceProcess("validator") as service:
        with pytest.raises(ServiceRaisedError, match="BrokenContractError"):
            service.ask({"records": 7})
        record = {"execution_id": "1", "data": BODY}

        assert service.ask({"records": [record]})["results"][0]["is_valid"]


def test_a_service_gets_nothing_of_the_callers_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")

    with ServiceProcess("validator") as service:
        service.ask({"records": [{"execution_id": "1", "data": BODY}]})
        environment = Path(f"/proc/{service._process.pid}/environ").read_bytes() if sys.platform == "linux" else b""

    assert b"secret" not in environment
    assert b"PYTHONPATH" not in environment
