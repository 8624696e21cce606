"""The pipeline in parts: each service is deployed, changed, rolled back and deleted separately, while messages flow."""

from __future__ import annotations

import hashlib
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from local_aws.emulator import Emulator
from pipeline_cli.target import client_of
from pipeline_e2e.deploying import PARTS, Deployer
from pipeline_e2e.flow import Flow
from pipeline_e2e.stack import Stack
from pipeline_testing.bodies import INVALID, body
from pipeline_testing.repository_copy import REPOSITORY, changed_copy
from pipeline_testing.stages import SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENVIRONMENT = "parts"
PARAMETERS = {
    "shared": {"MaxReceiveCount": "4"},
    "orchestrator": {"MaximumConcurrency": "4"},
}
TRANSFORMATIONS = "services/transformer/src/transformer/transformations.py"
WRAPPED = """

def _wrapped(transformation: Transformation) -> Transformation:
    from functools import wraps

    @wraps(transformation)
    def transform(message: PipelineMessage) -> dict[str, JsonValue]:
        import time
        from pathlib import Path

        from pipeline_contracts import VERSION

        while (message.model_extra or {{}}).get("waits") and not Path({file!r}).exists():
            time.sleep(0.2)
        return {{**transformation(message), "contracts": VERSION}}

    return transform


standard = _wrapped(standard)
TRANSFORMATIONS = {{name: _wrapped(transformation) for name, transformation in TRANSFORMATIONS.items()}}
"""


def with_other_transformations(copy: Path, file: str = "") -> Path:
    """Make the copy's transformer report its contracts, and wait for a file if a message says so."""
    with (copy / TRANSFORMATIONS).open("a", encoding="utf-8") as source:
        source.write(WRAPPED.format(file=file))
    return copy


def with_newer_contracts(copy: Path, service: str) -> str:
    """Release a next minor version of the contracts in a copy, and pin it there for a service; return the version."""
    contracts = copy / "contracts"
    project = (contracts / "pyproject.toml").read_text("utf-8")
    (version,) = re.findall(r'(?m)^version = "(.*)"$', project)
    major, minor, _ = version.split(".")
    newer = f"{major}.{int(minor) + 1}.0"
    for path in (contracts / "pyproject.toml", contracts / "src/pipeline_contracts/exchange.py"):
        path.write_text(path.read_text("utf-8").replace(f'"{version}"', f'"{newer}"'), "utf-8")
    releases = contracts / "releases"
    command = ["uv", "build", "--quiet", "--wheel", str(contracts), "--out-dir", str(releases), "--no-create-gitignore"]
    subprocess.run(command, cwd=copy, check=True)
    digest = hashlib.sha256(
        (releases / f"durable_pipeline_contracts-{newer}-py3-none-any.whl").read_bytes()
    ).hexdigest()
    lock = copy / f"services/{service}/requirements.lock"
    text, found = re.subn(
        r"durable-pipeline-contracts==.* \\\n +--hash=sha256:\w+\n",
        f"durable-pipeline-contracts=={newer} --hash=sha256:{digest}\n",
        lock.read_text("utf-8"),
    )
    assert found == 1
    lock.write_text(text, "utf-8")
    return newer


SLOW = ("services/transformer/template.yaml", "Timeout: 25\n", "Timeout: 300\n")
# A replay of an execution that began with the other name would fail.
RENAMES = ("services/orchestrator/src/orchestrator/stages.py", '        "validate",', '        "judge",')
SAYS = ("services/orchestrator/src/orchestrator/reporting.py", '"batch is done"', '"batch is done, next release"')


@pytest.fixture(scope="module")
def aws() -> Iterator[Emulator]:
    with Emulator.start(REPOSITORY, template=None) as started:
        yield started


@pytest.fixture(scope="module")
def deployer(aws: Emulator) -> Deployer:
    return Deployer(aws.endpoint, ENVIRONMENT)


def deploy(deployer: Deployer, part: str, source: Path = REPOSITORY) -> str:
    return deployer.deploy(part, source=source, parameters=PARAMETERS.get(part))


@pytest.fixture(scope="module")
def running(aws: Emulator, deployer: Deployer) -> Emulator:
    """Deploy all parts, one by one."""
    for part in PARTS:
        deploy(deployer, part)
    aws.run([f"durable-pipeline-{ENVIRONMENT}-{part}" for part in PARTS])
    return aws


@pytest.fixture
def stack(running: Emulator) -> Iterator[Stack]:
    yield Stack(running)
    running.check()


def contracts_of(stack: Stack, message_id: str) -> Any:
    item = stack.wait_for_item(f"{ENVIRONMENT}-esm-{message_id}")
    return item["transformed_data"].get("contracts")


def all_stored_once(stack: Stack, sent: list[str]) -> None:
    stack.wait_until_drained()
    outcomes = stack.outcomes()
    assert outcomes.of(sent) == {each: {"stored"} for each in sent}
    assert sorted(each for each in outcomes.stored if each in set(sent)) == sorted(sent)
    assert not outcomes.dead


def test_what_is_missing_is_named_before_anything_is_deployed(aws: Emulator) -> None:
    ended = Deployer(aws.endpoint, "empty").run("deploy", "orchestrator")

    assert ended.returncode == 1
    *first, last = ("the shared resources", *(f"the {service}" for service in sorted(SERVICES)))
    assert f"the orchestrator needs {', '.join(first)} and {last}" in ended.stdout
    assert "sam build" not in ended.stdout
    stacks = aws.endpoint.cloudformation().describe_stacks()["Stacks"]
    assert not [stack["StackName"] for stack in stacks if "empty" in stack["StackName"]]


def test_a_dry_run_shows_the_changes_and_makes_none(aws: Emulator) -> None:
    shown = Deployer(aws.endpoint, "dry").deploy("shared", "--dry-run")

    assert "+ Add" in shown
    assert "AWS::DynamoDB::Table" in shown
    assert not [url for url in aws.endpoint.sqs().list_queues().get("QueueUrls", []) if "/dry-" in url]
    stacks = aws.endpoint.cloudformation().describe_stacks()["Stacks"]
    assert not [stack["StackName"] for stack in stacks if "dry" in stack["StackName"]]


def test_messages_run_through_stacks_that_were_deployed_one_by_one(stack: Stack) -> None:
    good, other, bad = stack.send(body(), body(n=1), INVALID)
    stack.wait_until_drained()

    assert stack.outcomes().of([good, other, bad]) == {good: {"stored"}, other: {"stored"}, bad: {"rejected"}}


def test_access_is_deployed_and_deleted_alone_and_is_to_this_environment(running: Emulator, deployer: Deployer) -> None:
    deployer.deploy("access")

    client = client_of(running.endpoint)
    iam = client("iam")
    path = f"/durable-pipeline/{ENVIRONMENT}/access"
    documents = {}
    for parameter in client("ssm").get_parameters_by_path(Path=path)["Parameters"]:
        arn = parameter["Value"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        documents[parameter["Name"].removeprefix(f"{path}/")] = {each["Sid"]: each for each in found["Statement"]}
    assert documents.keys() == {f"{who}-policy-arn" for who in ("readers", "operators", "erasers", "producers")}
    (mapping,) = running.endpoint.lambda_().list_event_source_mappings(
        FunctionName=f"{ENVIRONMENT}-durable-pipeline-orchestrator:live"
    )["EventSourceMappings"]
    assert documents["operators-policy-arn"]["PauseAndResume"]["Resource"].endswith(f":{mapping['UUID']}")
    queue = documents["producers-policy-arn"]["SendMessages"]["Resource"]
    assert queue.endswith(f":{ENVIRONMENT}-durable-pipeline-data-processing")
    refused = deployer.run("delete", "orchestrator", "--yes")
    assert refused.returncode == 1
    assert "the access in parts needs the orchestrator" in refused.stdout

    deployer.delete("access")
    assert not [name for name in left_of(running, ENVIRONMENT) if "access" in name or "operations" in name]


def test_a_service_is_changed_and_rolled_back_while_messages_flow(
    stack: Stack, deployer: Deployer, tmp_path: Path
) -> None:
    """The changed service has newer contracts: it reads the others' older requests, and they read its answers."""
    changed = with_other_transformations(changed_copy(tmp_path / "changed"))
    newer = with_newer_contracts(changed, "transformer")
    (before,) = stack.send(body())
    assert contracts_of(stack, before) is None

    with Flow(stack) as flow:
        deploy(deployer, "transformer", changed)
        (after,) = stack.send(body())
        changed_at = len(flow.sent)
        assert contracts_of(stack, after) == newer
        deploy(deployer, "transformer")
        (rolled_back,) = stack.send(body())
        assert contracts_of(stack, rolled_back) is None

    assert changed_at > 10, "nothing flowed meanwhile"
    assert len(flow.sent) > changed_at + 10
    all_stored_once(stack, [before, after, rolled_back, *flow.sent])
    assert {contracts_of(stack, each) for each in flow.sent} == {None, newer}


def test_an_execution_in_flight_ends_on_the_version_that_it_began_with(
    running: Emulator, stack: Stack, deployer: Deployer, tmp_path: Path
) -> None:
    go_on = tmp_path / "go-on"
    deploy(deployer, "transformer", with_other_transformations(changed_copy(tmp_path / "slow", SLOW), str(go_on)))
    log = running.logs / "event-source.log"
    read = len(log.read_text())
    (slow,) = stack.send(body(waits=True))
    stack.wait_until(stack.in_flight, "message in flight")

    deploy(deployer, "orchestrator", changed_copy(tmp_path / "next", RENAMES, SAYS))
    (quick,) = stack.send(body())
    stack.wait_for_item(f"{ENVIRONMENT}-esm-{quick}")
    stack.wait_until(lambda: stack.logged("batch is done, next release"), "batch that the next release has done")
    assert stack.item(f"{ENVIRONMENT}-esm-{slow}") is None, "both releases were to be at work at once"
    go_on.touch()
    all_stored_once(stack, [slow, quick])

    assert stack.logged("batch is done, next release") == 1
    ended = log.read_text()[read:]
    assert "messages failed" not in ended, "an execution was lost, and its messages delivered again"
    deployer.deploy("orchestrator", parameters={**PARAMETERS["orchestrator"], "ChunkSize": "50"})
    assert chunk_size(running, ENVIRONMENT) == "50"
    (back,) = stack.send(body())
    all_stored_once(stack, [back])
    assert stack.logged("batch is done, next release") == 1


def test_stacks_that_others_need_are_not_deleted_and_in_reverse_order_nothing_remains(
    running: Emulator, deployer: Deployer
) -> None:
    refused = deployer.run("delete", "shared", "--yes")
    assert refused.returncode == 1
    assert "the orchestrator and the storer in parts need the shared resources: delete them first" in refused.stdout

    running.event_source.kill()
    for part in reversed(PARTS):
        deployer.delete(part)

    assert left_of(running, ENVIRONMENT) == []


def test_in_prod_the_data_is_retained_and_delete_says_so(aws: Emulator) -> None:
    deployer = Deployer(aws.endpoint, "prod")
    deployer.deploy("shared", "--yes")

    said = deployer.delete("shared")

    retained = said.partition("Retained")[2]
    table = [name for name in aws.endpoint.dynamodb().list_tables()["TableNames"] if "prod" in name]
    queues = [url for url in aws.endpoint.sqs().list_queues()["QueueUrls"] if "/prod-" in url]
    assert len(table) == 1
    assert len(queues) == 3
    for physical_id in (*table, *queues):
        assert physical_id in retained


def test_the_root_stack_is_created_and_deleted(aws: Emulator) -> None:
    """An update is impossible here: MiniStack forgets the ARN of a log group when it updates a nested stack.

    Updates with other code and other parameters are tested in infra/tests/test_publishing.py, on the templates
    as SAM translates them; updates of the parts are tested above.
    """
    deployer = Deployer(aws.endpoint, "whole")

    deployer.deploy(parameters={"ChunkSize": "20"})
    assert chunk_size(aws, "whole") == "20"
    refused = deployer.run("deploy", "validator")
    assert refused.returncode == 1
    assert "update that with ./nox -s deploy -- --env whole" in refused.stdout

    deployer.delete()
    assert left_of(aws, "whole") == []


def chunk_size(aws: Emulator, environment: str) -> str:
    """Return the setting of the live version of the orchestrator."""
    name = f"{environment}-durable-pipeline-orchestrator:live"
    configuration = aws.endpoint.lambda_().get_function_configuration(FunctionName=name)
    return configuration["Environment"]["Variables"]["CHUNK_SIZE"]


def left_of(aws: Emulator, environment: str) -> list[str]:
    """Return the names of an environment's remaining resources."""
    functions = [each["FunctionName"] for each in aws.endpoint.lambda_().list_functions()["Functions"]]
    client = client_of(aws.endpoint)
    parameters = client("ssm").describe_parameters()["Parameters"]
    policies = client("iam").list_policies(Scope="Local")["Policies"]
    names = [
        *functions,
        *aws.endpoint.sqs().list_queues().get("QueueUrls", []),
        *aws.endpoint.dynamodb().list_tables()["TableNames"],
        *(group["logGroupName"] for group in aws.endpoint.logs().describe_log_groups()["logGroups"]),
        *(parameter["Name"] for parameter in parameters),
        *(policy["PolicyName"] for policy in policies),
    ]
    return [name for name in names if environment in name]
