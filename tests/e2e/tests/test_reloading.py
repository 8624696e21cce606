"""Changing the services and the contracts of the running pipeline, in a copy of the repository."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from local_aws.reload.application import running_application
from local_aws.reload.watch import watch
from pipeline_cli.executions.exchanges import decoded
from pipeline_cli.executions.history import INVOKE, read_history
from pipeline_cli.local import local_pipeline
from pipeline_cli.rejected_message import told_of
from pipeline_cli.reloading import pipeline_reloader
from pipeline_e2e.stack import PARAMETERS, Stack
from pipeline_testing.bodies import TYPE, body
from pipeline_testing.repository_copy import changed_copy
from pipeline_testing.stages import SERVICES
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local_aws.emulator import Emulator
    from local_aws.reload.reloader import Reloaded, Reloader

RULES = "services/validator/src/validator/rules.py"
NEW_RULE = """

def _refused(message: PipelineMessage) -> Iterator[FieldError]:
    if "refused" in (message.model_extra or {{}}):
        yield FieldError(field="refused", code="refused_now", message="is refused now")


RULES[{type!r}] = (*RULES.get({type!r}, ()), _refused)
"""
ALL = [*SERVICES, "orchestrator"]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return changed_copy(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="module")
def aws(repository: Path) -> Iterator[Emulator]:
    """The pipeline with the contracts of the locks."""
    with local_pipeline(repository, parameters=PARAMETERS) as emulator, emulator.run_folder.published(""):
        yield emulator


@pytest.fixture
def stack(aws: Emulator) -> Iterator[Stack]:
    yield Stack(aws)
    aws.check()


@pytest.fixture(scope="module")
def reloader(aws: Emulator, repository: Path) -> Reloader:
    """The reloader of another process."""
    return pipeline_reloader(running_application(repository), repository)


@pytest.fixture
def watching(reloader: Reloader) -> Iterator[list[Reloaded]]:
    watching = watch(reloader, Console(quiet=True))
    next(watching)
    return watching


def changed(watching: Iterator[list[Reloaded]]) -> list[Reloaded]:
    """Return the result of the next change."""
    return next(reloaded for reloaded in watching if reloaded)


def test_the_next_message_is_judged_by_the_new_rule(
    stack: Stack, repository: Path, watching: Iterator[list[Reloaded]]
) -> None:
    (before,) = stack.send(body(refused=1))
    item = stack.wait_for_item(f"e2e-esm-{before}")
    with (repository / RULES).open("a") as rules:
        rules.write(NEW_RULE.format(type=TYPE))

    assert list(map(str, changed(watching))) == ["validator: version 2 is live"]

    stack.send(body(refused=2))
    (rejected,) = stack.wait_for_rejected(1)
    assert (told_of(rejected)["stage"], told_of(rejected)["code"]) == ("validate", "refused_now")
    assert stack.item(item["execution_id"]) == item


def test_changed_contracts_are_those_of_all_services(
    stack: Stack, aws: Emulator, repository: Path, reloader: Reloader, watching: Iterator[list[Reloaded]]
) -> None:
    exchange = repository / "contracts/src/pipeline_contracts/exchange.py"
    project = repository / "contracts/pyproject.toml"
    major, minor = map(int, re.findall(r'\nversion = "(\d+)\.(\d+)\.', project.read_text())[0])
    newer = f"{major}.{minor + 1}"
    project.write_text(re.sub(r'\nversion = ".*"', f'\nversion = "{newer}.0"', project.read_text()))
    exchange.write_text(re.sub(r'\nVERSION = ".*"', f'\nVERSION = "{newer}.0"', exchange.read_text()))

    outcome = changed(watching)

    assert sorted(reloaded.function.label for reloaded in outcome) == sorted(ALL)
    assert all(reloaded.is_new for reloaded in outcome)
    described = {function.label: reloader.describe(function) for function in reloader.functions}
    assert described == dict.fromkeys(described, f"contracts {newer}.0 of contracts/src")
    (message,) = stack.send(body())
    stack.wait_for_item(f"e2e-esm-{message}")
    stack.wait_until_drained()
    assert versions_exchanged(stack, aws, message) == [(newer, newer)] * len(SERVICES)


def versions_exchanged(stack: Stack, aws: Emulator, message: str) -> list[tuple[str, str]]:
    """Return the versions of the contracts in each request and response of the execution that had a message."""
    client = aws.durable_endpoint.lambda_()
    histories = [read_history(client, execution) for execution in stack.executions(client)]
    (own,) = (history for history in histories if message in (history.execution.input or ""))
    return [
        (decoded(one.input or "")["contract_version"], decoded(one.result or "")["contract_version"])
        for one in own.operations
        if one.kind == INVOKE
    ]


def test_a_syntax_error_in_the_contracts_leaves_all_services_as_they_are(
    stack: Stack, repository: Path, reloader: Reloader, watching: Iterator[list[Reloaded]]
) -> None:
    before = {function.label: reloader.live_version(function) for function in reloader.functions}
    message_model = repository / "contracts/src/pipeline_contracts/message.py"
    text = message_model.read_text()
    message_model.write_text(text + "\n)")

    outcome = changed(watching)

    line = text.count("\n") + 2
    assert {reloaded.problem for reloaded in outcome} == {f"{message_model}, line {line}: unmatched ')': )"}
    assert {reloaded.function.label: reloaded.version for reloaded in outcome} == before
    (message,) = stack.send(body())
    stack.wait_for_item(f"e2e-esm-{message}")
    message_model.write_text(text)
    assert not any(reloaded.is_new or reloaded.problem for reloaded in changed(watching))
