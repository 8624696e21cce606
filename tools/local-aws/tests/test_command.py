"""The command ``local-aws`` as a user runs it, with the toy application."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from local_aws.aws import AwsEndpoint
from local_aws.run_folder import processes_of
from local_aws.testing.toy_application import TOY, free_address, until


def up(folder: Path, *words: str) -> subprocess.Popen[str]:
    if "--port" not in words:
        words = (*words, "--port", str(free_address()))
    command = [str(Path(sys.executable).with_name("local-aws")), "up", *words]
    environment = {**os.environ, "LOCAL_AWS_ENDS_WITH": str(os.getpid())}  # also when a test has failed
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for_variables(folder: Path, process: subprocess.Popen[str]) -> str:
    file = folder / ".emulator" / "env"
    until(lambda: file.exists() or process.poll() is not None, seconds=120)
    assert process.poll() is None, process.communicate()
    return file.read_text()


def test_an_application_is_up_until_it_is_told_to_end(tmp_path: Path) -> None:
    process = up(tmp_path, str(TOY / "template.yaml"), "--parameter", "EnvironmentName=here")
    variables = wait_for_variables(tmp_path, process)
    (run,) = (tmp_path / ".emulator" / "runs").iterdir()

    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)

    assert process.returncode == 0, errors
    assert "DataProcessingQueueUrl = http://127.0.0.1:" in output
    assert ":function:here-toy-conveyor:live" in output
    assert "export AWS_ENDPOINT_URL=http://127.0.0.1:" in output
    assert "export AWS_ENDPOINT_URL=http://127.0.0.1:" in variables
    assert processes_of(run.name) == []
    assert not (tmp_path / ".emulator" / "env").exists()


def test_an_application_has_the_same_address_and_names_after_a_restart(tmp_path: Path) -> None:
    port, seen = free_address(), []
    for _ in range(2):
        process = up(tmp_path, str(TOY / "template.yaml"), "--port", str(port))
        _, *variables = wait_for_variables(tmp_path, process).splitlines()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
        assert process.returncode == 0, errors
        seen.append((variables, [line for line in output.splitlines() if " = " in line]))

    assert seen[0] == seen[1]
    assert f"export AWS_ENDPOINT_URL=http://127.0.0.1:{port}" in seen[0][0]
    assert [line for line in seen[0][1] if f"DataProcessingQueueUrl = http://127.0.0.1:{port + 1}/" in line]


def test_a_second_one_in_the_folder_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    port = free_address()
    first = up(tmp_path, str(TOY / "template.yaml"), "--port", str(port))
    until(lambda: (tmp_path / ".emulator" / "address").exists())

    second = up(tmp_path, str(TOY / "template.yaml"))
    _, errors = second.communicate(timeout=60)

    assert second.returncode == 1
    assert f"error: http://127.0.0.1:{port} (process {first.pid}) is already up in this folder." in errors
    assert len(list((tmp_path / ".emulator" / "runs").iterdir())) == 1
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=30)


def test_a_mapping_that_is_deployed_disabled_receives_nothing_until_a_client_enables_it(tmp_path: Path) -> None:
    process = up(tmp_path, str(TOY / "template.yaml"), "--parameter", "EventSourceEnabled=false")
    (url,) = re.findall(r"AWS_ENDPOINT_URL=(.*)", wait_for_variables(tmp_path, process))
    client, sqs = AwsEndpoint(url).lambda_(), AwsEndpoint(url).sqs()
    (mapping,) = client.list_event_source_mappings()["EventSourceMappings"]
    assert mapping["State"] == "Disabled"
    queue = sqs.get_queue_url(QueueName=mapping["EventSourceArn"].rpartition(":")[2])["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="not JSON")
    time.sleep(1)  # in which it would be received

    def messages(kind: str) -> int:
        attributes: Any = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        return int(attributes[f"ApproximateNumberOfMessages{kind}"])

    assert (messages(""), messages("NotVisible")) == (1, 0)
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    until(lambda: messages("") + messages("NotVisible") == 0)

    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors


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
