"""The commands as a user runs them, with the toy as the repository's pipeline."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from commands import PATIENCE, command, demo, run_folders, until, wait_for_parts
from local_aws.aws import AwsEndpoint
from local_aws.run_folder import processes_of
from local_aws.testing.toy_application import free_address
from pipeline_cli.queue_reader import depth

STORED = '{"data_source": "test.csv", "outcome": "stored", "text": "\x9b31m\u2028\u202e\x7f"}'
BODIES = [STORED, "\x9b\x85 not JSON", '{"data_source": "b.csv", "outcome": "stored"}']


def test_the_demo_accounts_for_every_line(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "input.jsonl").write_text("{}\n\n{}\n{}\n".format(*BODIES))
    before = run_folders(repository)

    words = ("--input", str(tmp_path / "input.jsonl"), "--report", str(tmp_path / "report"))
    status, output, errors = demo(repository, *words)

    assert status == 0, output + errors
    assert "3 sent = 2 stored + 1 rejected + 0 dead letters" in output
    assert '"data_source": "TEST.CSV"' in output
    report = json.loads((tmp_path / "report").read_text())
    messages = report["messages"]
    assert [entry["body"] for entry in messages] == BODIES
    assert [(entry["line"], entry["outcome"]) for entry in messages] == [(1, "stored"), (3, "rejected"), (4, "stored")]
    assert all(entry["seconds"] > 0 and entry["execution_arn"] for entry in messages)
    assert messages[0]["execution_id"] == f"local-esm-{messages[0]['message_id']}"
    why = {name: messages[1][name] for name in ("stage", "code", "field", "reason")}
    assert why == {"stage": "judge", "code": "unwanted", "field": None, "reason": "the judge does not want it"}
    assert report["totals"] == [
        {"outcome": "stored", "stage": None, "code": None, "messages": 2},
        {"outcome": "rejected", "stage": "judge", "code": "unwanted", "messages": 1},
    ]
    assert re.search(r"^rejected +judge +unwanted +1$", output, re.MULTILINE)
    assert run_folders(repository) == before
    # Control characters in a message do not reach the terminal.
    assert not set(output) & set("\x1b\x9b\x85\x7f\u2028\u202e")
    assert "\\u009b\\u0085 not JSON" in output
    assert '"text": "\\u009b31m\\u2028\\u202e\\u007f"' in output


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_nothing_is_left_after_a_request_to_end(repository: Path, number: signal.Signals, status: int) -> None:
    before = run_folders(repository)
    running = command(repository, "demo", "--count", "1")
    run = wait_for_parts(repository, running)

    running.send_signal(number)
    time.sleep(0.1)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=PATIENCE)

    assert running.returncode == status
    assert processes_of(run) == []
    assert run_folders(repository) == before


def test_local_stays_up_with_its_variables_in_a_file_until_it_is_told_to_end(repository: Path) -> None:
    local = command(repository, "local")
    run = wait_for_parts(repository, local)
    file = repository / ".emulator" / "env"
    until(file.exists, local)
    shell = subprocess.run(["/bin/sh", "-c", f". {file} && env"], capture_output=True, text=True, check=True)
    variables = dict(line.split("=", 1) for line in shell.stdout.splitlines() if "=" in line)
    for name in ("AWS_ENDPOINT_URL", "QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "INVALID_MESSAGE_QUEUE_URL"):
        assert variables[name].startswith("http://127.0.0.1:")
    assert variables["TABLE_NAME"]

    sqs = AwsEndpoint(variables["AWS_ENDPOINT_URL"]).sqs()
    assert depth(sqs, variables["QUEUE_URL"]) == 0

    local.send_signal(signal.SIGINT)
    output, errors = local.communicate(timeout=PATIENCE)

    assert local.returncode == 0, errors
    assert "sent" not in output
    assert "export QUEUE_URL=http://127.0.0.1:" in output
    assert processes_of(run) == []
    assert not file.exists()


def test_a_part_that_dies_is_named_with_its_log(repository: Path) -> None:
    local = command(repository, "local")
    run = wait_for_parts(repository, local)
    until((repository / ".emulator" / "env").exists, local)

    ministack = next(process for process in processes_of(run) if process.cmdline()[-1].endswith("ministack_patch.py"))
    ministack.kill()
    _, errors = local.communicate(timeout=PATIENCE)

    assert local.returncode == 1
    assert "error: MiniStack ended unexpectedly with signal SIGKILL. Its log is " in errors
    assert "logs/ministack.log" in errors
    assert processes_of(run) == []
    assert {path.name for path in (repository / ".emulator" / "runs" / run).iterdir()} == {"alive", "logs"}


def test_a_build_that_fails_is_named_with_its_log(repository: Path) -> None:
    status, _, errors = demo(repository, "--count", "1", TOY_SITE_PACKAGES="/nowhere")

    assert status == 1
    assert "error: sam build failed with exit status" in errors
    assert "sam-build.log" in errors
    assert "/nowhere" in errors
    log = errors.split("Its log is ")[1].split("\n")[0].strip()
    assert "Build Failed" in Path(log).read_text()


def test_local_sends_the_samples_when_asked_to_and_the_demo_runs_beside_it(repository: Path, tmp_path: Path) -> None:
    local = command(repository, "local", "--samples", "--report", str(tmp_path / "report.json"))
    until((repository / ".emulator" / "env").exists, local)

    status, output, errors = demo(repository, "--count", "1")

    assert status == 0, output + errors
    local.send_signal(signal.SIGINT)
    output, errors = local.communicate(timeout=PATIENCE)
    assert local.returncode == 0, errors
    assert "3 sent = 2 stored + 1 rejected" in output
    assert len(json.loads((tmp_path / "report.json").read_text())["messages"]) == 3


def test_a_second_local_is_refused_with_the_address_of_the_first(repository: Path) -> None:
    port = free_address()
    first = command(repository, "local", "--port", str(port))
    wait_for_parts(repository, first)

    second = command(repository, "local")
    output, errors = second.communicate(timeout=PATIENCE)

    assert (second.returncode, output) == (1, "")
    assert f"error: http://127.0.0.1:{port} (process {first.pid}) is already up in this folder. Use it" in errors
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=PATIENCE)
