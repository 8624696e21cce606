"""A downloaded execution is replayed by the orchestrator's own, unchanged code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from pipeline_cli.app import main
from pipeline_cli.replay import INTERPRETER, ReplayError, replay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_lambda import LambdaClient

REPOSITORY = Path(__file__).parents[3]
DOWNLOADS = REPOSITORY / "services/orchestrator/tests/downloads.py"
FUNCTION = "arn:aws:lambda:eu-central-2:123456789012:function:dev-durable-pipeline-orchestrator"
ARN = f"{FUNCTION}:7/durable-execution/one/two"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The history of an execution that covers everything, on the orchestrator of this repository."""
    file = tmp_path_factory.mktemp("downloads") / "history.json"
    env = os.environ | {"PYTHONPATH": str(REPOSITORY / "services/orchestrator/src")}
    subprocess.run([os.environ[INTERPRETER], str(DOWNLOADS), str(file)], env=env, check=True, capture_output=True)
    return file


@pytest.fixture(scope="module")
def events(file: Path) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))["Events"]
    for event in read:
        # AWS's has them; the emulated durable service leaves them out.
        if event["EventType"] == "StepSucceeded":
            event["StepSucceededDetails"]["RetryDetails"] = {"CurrentAttempt": 1}
    return read


@pytest.fixture
def client() -> LambdaClient:
    made: LambdaClient = boto3.client("lambda", region_name="eu-central-2")
    return made


@pytest.fixture
def aws(client: LambdaClient) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A copy of the repository, as far as a replay needs it."""
    ignored = shutil.ignore_patterns("__pycache__", "2.0.0.json")
    shutil.copytree(REPOSITORY / "services/orchestrator", tmp_path / "services/orchestrator", ignore=ignored)
    return tmp_path


def no_client() -> LambdaClient:
    pytest.fail("a file needs no client")


def operations(repository: Path) -> Path:
    return repository / "services/orchestrator/src/orchestrator/operations.py"


def tell(aws: Stubber, events: list[dict[str, Any]]) -> None:
    """Return this history for an execution, in two pages."""
    of_it = {"DurableExecutionArn": ARN}
    about = of_it | {"DurableExecutionName": "one", "FunctionArn": f"{FUNCTION}:live", "Version": "7"}
    about |= {"Status": "SUCCEEDED", "StartTimestamp": "2026-11-26T10:00:00Z"}
    aws.add_response("get_durable_execution", about, of_it)
    asked = of_it | {"IncludeExecutionData": True, "MaxItems": 1_000}
    first, second = events[:20], events[20:]
    aws.add_response("get_durable_execution_history", {"Events": first, "NextMarker": "20"}, asked)
    aws.add_response("get_durable_execution_history", {"Events": second}, asked | {"Marker": "20"})


def test_a_file_is_replayed_without_aws(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "a profile that does not exist")

    verdict = replay(str(file), no_client, REPOSITORY)

    assert verdict.passes
    assert "points of the execution to its end" in verdict.text


def test_the_command_gives_the_verdict_as_json(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(file), "--json"]) == 0

    assert json.loads(capsys.readouterr().out)["passes"] is True


@pytest.mark.parametrize(("kind", "name"), [("CONTEXT", "chunks"), ("CONTEXT", "isolate"), ("STEP", "redeliver")])
def test_a_renamed_operation_is_named(file: Path, scratch: Path, kind: str, name: str) -> None:
    before = operations(scratch).read_text("utf-8")
    operations(scratch).write_text(before.replace(f'{name.upper()} = "{name}"', f'{name.upper()} = "renamed"'), "utf-8")

    verdict = replay(str(file), no_client, scratch)

    assert not verdict.passes
    assert f"{kind} 'renamed' is where the history has {kind} '{name}'" in verdict.text


def test_an_execution_is_downloaded_with_the_settings_of_its_version(
    client: LambdaClient, aws: Stubber, events: list[dict[str, Any]]
) -> None:
    tell(aws, events)
    of_it = {"FunctionName": FUNCTION, "Qualifier": "7"}
    aws.add_response("get_function", {"Configuration": {"Environment": {"Variables": {"ENVIRONMENT": "other"}}}}, of_it)

    verdict = replay(ARN, lambda: client, REPOSITORY)

    # Its answers are about records of the environment `test`.
    assert not verdict.passes


@pytest.mark.parametrize("code", ["ResourceNotFoundException", ""])
def test_the_settings_may_be_gone(client: LambdaClient, aws: Stubber, events: list[dict[str, Any]], code: str) -> None:
    tell(aws, events)
    if code:
        aws.add_client_error("get_function", code)
    else:
        aws.add_response("get_function", {"Configuration": {"FunctionName": FUNCTION}})

    assert replay(ARN, lambda: client, REPOSITORY).passes


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "404"])
def test_an_unknown_execution_is_named(client: LambdaClient, aws: Stubber, code: str) -> None:
    aws.add_client_error("get_durable_execution", code, http_status_code=404)

    with pytest.raises(ReplayError, match=r"there is no execution arn:aws:lambda.*ExecutionRetentionDays"):
        replay(ARN, lambda: client, REPOSITORY)


def test_a_missing_permission_is_no_missing_execution(client: LambdaClient, aws: Stubber) -> None:
    aws.add_client_error("get_durable_execution", "AccessDeniedException", http_status_code=403)

    with pytest.raises(ClientError, match="AccessDeniedException"):
        replay(ARN, lambda: client, REPOSITORY)


def test_an_execution_is_saved_as_a_test_of_the_orchestrator(file: Path, scratch: Path) -> None:
    saved = scratch / "services/orchestrator/tests/golden/everything.json"

    verdict = replay(str(file), no_client, scratch, save="everything")

    assert verdict.passes
    assert f"Saved as {saved}" in verdict.text
    (execution,) = json.loads(saved.read_text("utf-8")).values()
    assert execution["environment"] == "test"
    with pytest.raises(ReplayError, match=r"everything.json exists already"):
        replay(str(file), no_client, scratch, save="everything")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "history.json: it is not a JSON file"),
        ('{"Functions": []}', "history.json: it is no history"),
        ('{"Events": [{"EventType": "ExecutionStarted"}]}', "history.json: .*--include-execution-data"),
    ],
)
def test_a_file_that_cannot_be_replayed_is_named(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "history.json").write_text(text, "utf-8")

    with pytest.raises(ReplayError, match=problem):
        replay(str(tmp_path / "history.json"), no_client, REPOSITORY)


def test_a_missing_file_is_no_execution() -> None:
    with pytest.raises(ReplayError, match=r"missing.json: it is not a JSON file"):
        replay("missing.json", no_client, REPOSITORY)


def test_code_that_cannot_be_imported_is_no_verdict(file: Path, scratch: Path) -> None:
    operations(scratch).write_text("renamed = (", "utf-8")

    with pytest.raises(ReplayError, match=r"cannot be run:\n[\s\S]*SyntaxError"):
        replay(str(file), no_client, scratch)


def test_the_interpreter_of_the_orchestrator_is_needed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(INTERPRETER)

    with pytest.raises(ReplayError, match=r"ORCHESTRATOR_PYTHON is not set: run it with \./nox"):
        replay(str(file), no_client, REPOSITORY)
