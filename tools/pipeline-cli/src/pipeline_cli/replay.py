"""Replaying a real execution: would the orchestrator of this checkout break executions in flight?

The orchestrator's own code does it, in a separate process and without AWS: tests/replay_history.py in its folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline_cli.advice import is_not_found
from pipeline_cli.errors import CommandError
from pipeline_cli.executions.history import events_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

INTERPRETER = "ORCHESTRATOR_PYTHON"
"""The variable that names the interpreter with the dependencies of the orchestrator's tests."""

_ORCHESTRATOR = Path("services/orchestrator")
_PASSES, _BREAKS, _UNUSABLE = 0, 3, 4
_SETTINGS = ("ENVIRONMENT", "CHUNK_SIZE", "ENVELOPE", "STORE_ATTRIBUTES")


class ReplayError(CommandError):
    """Nothing was replayed; the message gives the reason and the remedy."""


@dataclass(frozen=True)
class Verdict:
    """The result of the replay."""

    passes: bool
    text: str
    """The number of identical operations; or the one that would break executions in flight, and the remedy."""


def replay(source: str, make_client: Callable[[], LambdaClient], repository: Path, save: str | None = None) -> Verdict:
    """Replay an execution against the orchestrator of a repository.

    Args:
        source: A file with a history, or the ARN of an execution.
        make_client: Called only for an ARN: a file needs neither AWS nor a region.
        save: A name under which the execution is kept in the golden set of the orchestrator's tests.

    Raises:
        ReplayError: There is no such history, or it is incomplete.
    """
    if not is_file(source):
        with tempfile.TemporaryDirectory(prefix="replay-") as folder:
            file = Path(folder, "history.json")
            file.write_text(json.dumps(download(make_client(), source), default=str), encoding="utf-8")
            return _replayed(file, repository, save)
    return _replayed(Path(source).resolve(), repository, save)


def is_file(source: str) -> bool:
    """Whether a source is a file name rather than an execution; the file need not exist."""
    return not source.startswith("arn:") and (source.endswith(".json") or Path(source).exists())


def download(client: LambdaClient, arn: str) -> dict[str, Any]:
    """Return everything that a replay needs from an execution, including the bodies of its messages.

    Raises:
        ReplayError: The execution does not exist.
    """
    try:
        execution: Any = client.get_durable_execution(DurableExecutionArn=arn)
    except ClientError as error:
        if is_not_found(error):
            raise ReplayError(
                f"there is no execution {arn}: it belongs to another account or region, or its history was deleted at "
                "the end of its retention (ExecutionRetentionDays)"
            ) from error
        raise
    events = list(events_of(client, arn))
    data = {key: execution[key] for key in ("InputPayload", "Result") if key in execution}
    return {"Execution": data, "Variables": _variables(client, execution), "Events": events}


def _variables(client: LambdaClient, execution: Any) -> dict[str, str]:
    """Return the settings of the version that the execution runs on; empty once that version was deleted."""
    function = ":".join(execution["FunctionArn"].split(":")[:7])
    try:
        found = client.get_function(FunctionName=function, Qualifier=execution["Version"])["Configuration"]
    except client.exceptions.ResourceNotFoundException:
        return {}
    variables = found.get("Environment", {}).get("Variables", {})
    return {name: variables[name] for name in _SETTINGS if name in variables}


def _replayed(file: Path, repository: Path, save: str | None) -> Verdict:
    orchestrator = repository / _ORCHESTRATOR
    command = [_interpreter(), str(orchestrator / "tests/replay_history.py"), str(file)]
    if save is not None:
        command.append(f"--save={save}")
    # Without the caller's credentials and profile: it needs no AWS.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    env = kept | {"PYTHONPATH": str(orchestrator / "src")}
    ended = subprocess.run(  # noqa: S603 - words of this file
        command, env=env, capture_output=True, text=True, check=False
    )
    text = ended.stdout.strip()
    if ended.returncode == _UNUSABLE:
        raise ReplayError(f"{file.name}: {text}")
    if ended.returncode not in (_PASSES, _BREAKS):
        raise ReplayError(f"the orchestrator of {repository} cannot be run:\n{ended.stderr.strip()}")
    return Verdict(ended.returncode == _PASSES, text)


def _interpreter() -> str:
    try:
        return os.environ[INTERPRETER]
    except KeyError:
        raise ReplayError(f"{INTERPRETER} is not set: run it with ./nox -s pipeline -- replay") from None
