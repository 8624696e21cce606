"""The decisions of ./nox -s deploy and ./nox -s delete before and after the SAM CLI runs.

tests/e2e/tests/test_deploying.py runs them unchanged, on the emulated AWS.
"""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pipeline_cli.app import main
from pipeline_cli.deploy import emulated
from pipeline_cli.deploy.checks import check_delete, check_deploy
from pipeline_cli.deploy.stacks import Catalogue, Stack
from pipeline_cli.errors import DeployError

REPOSITORY = Path(__file__).parents[3]
STAGES = json.loads((REPOSITORY / "services/orchestrator/pipeline.json").read_text("utf-8"))["stages"]
SERVICES = [stage["service"] for stage in STAGES]
ORDER = ("shared", *SERVICES, "orchestrator")


def stack_id(name: str) -> str:
    return f"arn:aws:cloudformation:eu-west-1:1:stack/{name}/uuid"


class Aws:
    """CloudFormation, SSM and SQS of an account, as far as the checks use them."""

    def __init__(self, catalogue: Catalogue, url: str = "https://cloudformation.eu-west-1.amazonaws.com") -> None:
        self._catalogue = catalogue
        self.meta = SimpleNamespace(endpoint_url=url)
        self.statuses: dict[str, str] = {}
        self.names: set[str] = set()
        self.values: dict[str, str] = {}  # of SSM parameters
        self.resources: dict[str, list[tuple[str, str]]] = {}  # of each stack: types and physical ids
        self.parents: dict[str, str] = {}

    def has(self, *stacks: str, environment: str = "dev") -> "Aws":
        for name in stacks:
            stack = self._catalogue.root if name == "root" else self._catalogue.parts[name]
            parts = self._catalogue.parts.values() if name == "root" else [stack]
            self.statuses[stack.stack_name(environment)] = "CREATE_COMPLETE"
            self.names |= {f"/durable-pipeline/{environment}/{path}" for part in parts for path in part.publishes}
        return self

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        known = {name: name for name in self.statuses} | {stack_id(name): name for name in self.statuses}
        if StackName not in known:
            message = f"Stack with id {StackName} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "DescribeStacks")
        return {"Stacks": [self._described(known[StackName])]}

    def _described(self, stack: str) -> dict[str, str]:
        root = self.parents.get(stack)
        described = {"StackName": stack, "StackId": stack_id(stack), "StackStatus": self.statuses[stack]}
        return described | ({"RootId": stack_id(root)} if root else {})

    def get_paginator(self, operation: str) -> SimpleNamespace:
        assert operation == "describe_stacks"
        pages = [{"Stacks": [self._described(stack)]} for stack in self.statuses]
        return SimpleNamespace(paginate=lambda: pages)

    def describe_stack_resources(
        self,
        StackName: str | None = None,  # noqa: N803 - boto3's name
        PhysicalResourceId: str | None = None,  # noqa: N803 - boto3's name
    ) -> dict[str, Any]:
        found = [
            {"StackId": stack_id(stack), "ResourceType": kind, "PhysicalResourceId": physical_id}
            for stack, resources in self.resources.items()
            for kind, physical_id in resources
            if StackName in (stack, stack_id(stack)) or (physical_id == PhysicalResourceId and self.is_aws)
        ]
        if not found:
            message = f"Stack for {PhysicalResourceId} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "DescribeStackResources")
        return {"StackResources": found}

    @property
    def is_aws(self) -> bool:
        return "amazonaws" in self.meta.endpoint_url

    def get_queue_url(self, QueueName: str) -> dict[str, str]:  # noqa: N803 - boto3's name
        url = f"https://sqs.eu-west-1.amazonaws.com/1/{QueueName}"
        if not any(url == each for resources in self.resources.values() for _, each in resources):
            raise ClientError({"Error": {"Code": "AWS.SimpleQueueService.NonExistentQueue"}}, "GetQueueUrl")
        return {"QueueUrl": url}

    def has_of_another(self, kind: str, physical_id: str) -> None:
        """Let a nested stack of another pipeline stack have a resource."""
        self.statuses |= {"theirs": "CREATE_COMPLETE", "theirs-Nested": "CREATE_COMPLETE"}
        self.parents["theirs-Nested"] = "theirs"
        self.resources["theirs"] = [("AWS::CloudFormation::Stack", stack_id("theirs-Nested"))]
        self.resources["theirs-Nested"] = [("AWS::IAM::Role", "a-role"), (kind, physical_id)]

    def get_parameters(self, Names: list[str]) -> dict[str, list[Any]]:  # noqa: N803 - boto3's name
        assert len(Names) <= 10
        there = [name for name in Names if name in self.names]
        return {
            "Parameters": [{"Name": name, "Value": self.values.get(name, name)} for name in there],
            "InvalidParameters": [name for name in Names if name not in there],
        }


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(REPOSITORY)


@pytest.fixture
def aws(catalogue: Catalogue) -> Aws:
    return Aws(catalogue)


def refusal(check: Callable[..., None], *arguments: object) -> str:
    with pytest.raises(DeployError) as refused:
        check(*arguments)
    return str(refused.value)


Deploying = tuple[Catalogue, Stack, str, Callable[[str], Aws], dict[str, str]]


def deploying(catalogue: Catalogue, aws: Aws, name: str | None, environment: str = "dev", **given: str) -> Deploying:
    return (catalogue, catalogue.get(name), environment, lambda _: aws, given)


def test_what_a_stack_needs_is_named_with_the_commands_that_deploy_it(catalogue: Catalogue, aws: Aws) -> None:
    aws.has("shared", *[name for name in SERVICES if name not in ("storer", "validator")])

    message = refusal(check_deploy, *deploying(catalogue, aws, "orchestrator"))

    assert message == (
        "the orchestrator needs the storer and the validator in dev: deploy them first\n"
        "    ./nox -s deploy -- storer --env dev\n"
        "    ./nox -s deploy -- validator --env dev"
    )


def test_a_single_dependency_is_named_in_the_singular(catalogue: Catalogue, aws: Aws) -> None:
    aws.has(*SERVICES, environment="test")

    message = refusal(check_deploy, *deploying(catalogue, aws, "storer", "test"))

    assert message.startswith("the storer needs the shared resources in test: deploy it first\n")


def test_what_another_environment_has_is_not_what_is_needed(catalogue: Catalogue, aws: Aws) -> None:
    aws.has(*ORDER, environment="prod")

    assert "needs the shared resources" in refusal(check_deploy, *deploying(catalogue, aws, "storer"))


def test_what_another_environment_has_is_taken_if_it_is_named(catalogue: Catalogue, aws: Aws) -> None:
    aws.has("shared", environment="prod")
    table = "/durable-pipeline/prod/processed-data-table/name"

    check_deploy(*deploying(catalogue, aws, "storer", "prod-2", ProcessedDataTable=table))
    assert "needs the shared resources" in refusal(
        check_deploy, *deploying(catalogue, aws, "storer", "prod-2", ProcessedDataTable=f"{table}s")
    )


@pytest.mark.parametrize("name", [None, "shared"])
@pytest.mark.parametrize("fifo", ["true", "!If [IsProduction, true, false]"])
def test_a_fifo_queue_is_refused(tmp_path: Path, name: str | None, fifo: str) -> None:
    for template in (REPOSITORY / "infra/template.yaml", REPOSITORY / "infra/shared/template.yaml"):
        copy = tmp_path / template.relative_to(REPOSITORY)
        copy.parent.mkdir(exist_ok=True)
        name_of_queue = "QueueName: !Sub ${EnvironmentName}-durable-pipeline-data-processing\n"
        text = template.read_text("utf-8")
        copy.write_text(text.replace(name_of_queue, f"{name_of_queue}      FifoQueue: {fifo}\n"), "utf-8")
    changed = Catalogue(tmp_path)

    assert refusal(check_deploy, *deploying(changed, Aws(changed), name)) == (
        "DataProcessingQueue has FifoQueue set: the pipeline works on standard queues only, "
        "see docs/decisions/0013-standard-queues.md"
    )


def test_a_fifo_queue_of_somebody_else_is_refused(catalogue: Catalogue, aws: Aws) -> None:
    aws.has(*ORDER)
    aws.names.add("/orders/queue/arn")
    aws.values["/orders/queue/arn"] = "arn:aws:sqs:eu-west-1:1:orders.fifo"

    message = refusal(
        check_deploy, *deploying(catalogue, aws, "orchestrator", DataProcessingQueueArn="/orders/queue/arn")
    )
    assert message.startswith("/orders/queue/arn names arn:aws:sqs:eu-west-1:1:orders.fifo, a FIFO queue: ")


@pytest.mark.parametrize("first", [("shared", "validator"), ("validator", "transformer")])
def test_services_that_need_nothing_of_each_other_are_deployed_in_any_order(
    catalogue: Catalogue, aws: Aws, first: tuple[str, ...]
) -> None:
    for name in (*first, *[name for name in ORDER if name not in first]):
        check_deploy(*deploying(catalogue, aws, name))
        aws.has(name)
        check_deploy(*deploying(catalogue, aws, name))  # again, as an update


def test_a_part_of_an_environment_that_is_one_stack_is_not_deployed_beside_it(catalogue: Catalogue, aws: Aws) -> None:
    aws.has("root")

    assert "update that with ./nox -s deploy -- --env dev" in refusal(
        check_deploy, *deploying(catalogue, aws, "validator")
    )


def test_an_environment_in_parts_is_not_deployed_as_one_stack_as_well(catalogue: Catalogue, aws: Aws) -> None:
    aws.has("shared", "storer")

    message = refusal(check_deploy, *deploying(catalogue, aws, None))
    assert "dev is deployed in parts (the shared resources and the storer)" in message


@pytest.mark.parametrize("status", ["REVIEW_IN_PROGRESS", "DELETE_COMPLETE"])
def test_a_stack_in_review_or_deleted_does_not_count(catalogue: Catalogue, aws: Aws, status: str) -> None:
    aws.statuses["durable-pipeline-dev"] = status

    check_deploy(*deploying(catalogue, aws, "validator"))


QUEUE = "https://sqs.eu-west-1.amazonaws.com/1/dev-durable-pipeline-data-processing"
TAKEN = [
    ("validator", "AWS::Lambda::Function", "dev-durable-pipeline-validator"),
    ("validator", "AWS::Logs::LogGroup", "/aws/lambda/dev-durable-pipeline-validator"),
    ("validator", "AWS::SSM::Parameter", "/durable-pipeline/dev/validator/function-arn"),
    ("shared", "AWS::SQS::Queue", QUEUE),
    ("monitoring", "AWS::CloudWatch::Alarm", "dev-durable-pipeline-dead-letters"),
]


@pytest.mark.parametrize("url", ["https://cloudformation.eu-west-1.amazonaws.com", "http://127.0.0.1:4566"])
@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(("part", "kind", "physical_id"), TAKEN)
def test_a_stack_is_not_created_over_the_resources_of_another(
    catalogue: Catalogue, url: str, whole: bool, part: str, kind: str, physical_id: str
) -> None:
    aws = Aws(catalogue, url)
    aws.has_of_another(kind, physical_id)

    message = refusal(check_deploy, *deploying(catalogue, aws, None if whole else part))

    name = "durable-pipeline-dev" if whole else f"durable-pipeline-dev-{part}"
    assert message.startswith(f"the stack theirs has resources that {name} would create, such as {kind} ")
    assert physical_id.rpartition("/")[2] in message
    assert "update theirs, delete it first, or deploy to another --env" in message


@pytest.mark.parametrize("url", ["https://cloudformation.eu-west-1.amazonaws.com", "http://127.0.0.1:4566"])
def test_resources_of_another_environment_do_not_collide(catalogue: Catalogue, url: str) -> None:
    aws = Aws(catalogue, url)
    aws.has_of_another("AWS::Lambda::Function", "prod-durable-pipeline-validator")

    check_deploy(*deploying(catalogue, aws, "validator"))
    check_deploy(*deploying(catalogue, aws, None))


def test_a_stack_that_is_there_is_updated_with_the_resources_that_it_has(catalogue: Catalogue, aws: Aws) -> None:
    aws.has("validator")
    aws.resources["durable-pipeline-dev-validator"] = [("AWS::Lambda::Function", "dev-durable-pipeline-validator")]

    check_deploy(*deploying(catalogue, aws, "validator"))


def test_a_stack_that_others_need_is_not_deleted(catalogue: Catalogue, aws: Aws) -> None:
    aws.has(*ORDER)

    for name, needed_by in [("shared", "the orchestrator and the storer"), ("validator", "the orchestrator")]:
        message = refusal(check_delete, catalogue, catalogue.get(name), "dev", aws)
        assert message.startswith(f"{needed_by} in dev need"), message


def test_stacks_are_deleted_in_the_other_order(catalogue: Catalogue, aws: Aws) -> None:
    aws.has(*ORDER)

    for name in reversed(ORDER):
        check_delete(catalogue, catalogue.get(name), "dev", aws)
        del aws.statuses[catalogue.get(name).stack_name("dev")]


def test_a_stack_that_is_not_there_is_not_deleted(catalogue: Catalogue, aws: Aws) -> None:
    assert refusal(check_delete, catalogue, catalogue.get(None), "dev", aws) == "there is no stack durable-pipeline-dev"


def test_an_unknown_stack_is_refused_with_those_that_there_are(catalogue: Catalogue) -> None:
    with pytest.raises(DeployError, match=r"there is no stack storage, only .*storer"):
        catalogue.get("storage")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:4566", True),
        ("https://localhost:4566", True),
        ("https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com", False),
        ("", False),
    ],
)
def test_only_an_aws_on_this_machine_counts_as_emulated(url: str, expected: bool) -> None:
    assert (emulated.endpoint({"AWS_ENDPOINT_URL": url}) is not None) is expected


def test_nothing_is_deleted_without_a_yes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["delete", "--env", "dev"]) == 1
    assert "nothing was deleted" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong", [["deploy"], ["deploy", "--env", "Prod"], ["deploy", "--env", "a", "--parameter", "x"]]
)
def test_a_wrong_command_line_is_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(wrong) == 2
    assert capsys.readouterr().err
