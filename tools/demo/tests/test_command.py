"""The commands as a user runs them, with the toy pipeline as the repository's."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest
from commands import PATIENCE, command, run_folders, wait_for_parts
from local_aws.run_folder import processes_of

INPUT = '{"data_source": "test.csv", "outcome": "stored"}\n\nnot JSON\n{"data_source": "b.csv", "outcome": "stored"}\n'


def test_the_demo_accounts_for_every_line(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "input.jsonl").write_text(INPUT)
    before = run_folders(repository)

    demo = command(repository, "demo", "--input", str(tmp_path / "input.jsonl"), "--report", str(tmp_path / "report"))
    output, errors = demo.communicate(timeout=PATIENCE)

    assert demo.returncode == 0, output + errors
    assert "3 sent = 2 stored + 1 rejected + 0 dead letters" in output
    assert '"data_source": "TEST.CSV"' in output
    report = json.loads((tmp_path / "report").read_text())
    assert [(entry["body"], entry["outcome"]) for entry in report] == [
        ('{"data_source": "test.csv", "outcome": "stored"}', "stored"),
        ("not JSON", "rejected"),
        ('{"data_source": "b.csv", "outcome": "stored"}', "stored"),
    ]
    assert set(report[0]) == {"message_id", "body", "outcome", "execution_id", "reason"}
    assert report[0]["execution_id"] == f"local-esm-{report[0]['message_id']}"
    assert report[1]["reason"] == "judge, unwanted: the judge does not want it"
    assert run_folders(repository) == before


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_nothing_is_left_after_a_request_to_end(repository: Path, number: signal.Signals, status: int) -> None:
    before = run_folders(repository)
    demo = command(repository, "demo", "--count", "1")
    run = wait_for_parts(repository, demo)

    demo.send_signal(number)
    time.sleep(0.1)
    demo.send_signal(signal.SIGTERM)
    demo.communicate(timeout=PATIENCE)

    assert demo.returncode == status
    assert processes_of(run) == []
    assert run_folders(repository) == before


def test_local_stays_up_with_its_variables_in_a_file_until_it_is_told_to_end(repository: Path) -> None:
    local = command(repository, "local", "--count", "0")
    run = wait_for_parts(repository, local)
    file = repository / ".emulator" / "env"
    deadline = time.monotonic() + PATIENCE
    while not file.exists():
        assert time.monotonic() < deadline
        assert local.poll() is None, local.communicate()
        time.sleep(0.1)
    script = f'. {file} && env | grep -c "^AWS_ENDPOINT_URL=http://127.0.0.1:.*\\|^QUEUE_URL=http\\|^TABLE_NAME=."'
    shell = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    assert shell.stdout.strip() == "3"

    local.send_signal(signal.SIGINT)
    output, errors = local.communicate(timeout=PATIENCE)

    assert local.returncode == 0, errors
    assert "export QUEUE_URL=http://127.0.0.1:" in output
    assert processes_of(run) == []
    assert not file.exists()


def test_a_part_that_dies_is_named_with_its_log(repository: Path) -> None:
    local = command(repository, "local", "--count", "0")
    run = wait_for_parts(repository, local)
    deadline = time.monotonic() + PATIENCE
    while not (repository / ".emulator" / "env").exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)

    ministack = next(process for process in processes_of(run) if process.cmdline()[-2:] == ["-m", "ministack"])
    ministack.kill()
    _, errors = local.communicate(timeout=PATIENCE)

    assert local.returncode == 1
    assert "error: MiniStack ended unexpectedly with signal SIGKILL. Its log is " in errors
    assert "logs/ministack.log" in errors
    assert processes_of(run) == []
    assert [path.name for path in (repository / ".emulator" / "runs" / run).iterdir() if path.name != "alive"] == [
        "logs"
    ]


def test_a_build_that_fails_is_named_with_its_log(repository: Path, tmp_path: Path) -> None:
    demo = command(repository, "demo", "--count", "1", TOY_SITE_PACKAGES="/nowhere")
    _, errors = demo.communicate(timeout=PATIENCE)

    assert demo.returncode == 1
    assert "error: sam build failed with exit status" in errors
    assert "sam-build.log" in errors
    assert "/nowhere" in errors
    log = errors.split("Its log is ")[1].split("\n")[0].strip()
    assert "Build Failed" in Path(log).read_text()


def test_outside_the_repository_the_command_says_so(tmp_path: Path) -> None:
    demo = command(tmp_path, "demo")
    _, errors = demo.communicate(timeout=PATIENCE)

    assert demo.returncode == 1
    assert "there is no infra/template.yaml" in errors


def test_without_ministack_the_command_says_so(repository: Path) -> None:
    demo = command(repository, "demo", "--count", "1", MINISTACK_PYTHON="")
    _, errors = demo.communicate(timeout=PATIENCE)

    assert demo.returncode == 1
    assert (
        "MINISTACK_PYTHON is not set; it has to name the python of an environment in which ministack is installed"
        in errors
    )
    assert "Traceback" not in errors


def test_a_parameter_that_the_template_does_not_have_is_refused(repository: Path) -> None:
    demo = command(repository, "demo", "--count", "1", "--parameter", "BatchSizes=3")
    _, errors = demo.communicate(timeout=PATIENCE)

    assert demo.returncode == 1
    assert "the root template has no parameter BatchSizes" in errors
