"""Permissions of readers, operators, erasers and producers, and actions that nobody may perform."""

import json
from collections.abc import Iterator

import pytest
from templates import Template, listed, of_type, properties, read

POLICY = "AWS::IAM::ManagedPolicy"
POLICIES = list(of_type(read("access"), POLICY))
SOURCE_QUEUE = {"Ref": "DataProcessingQueueArn"}
OPERATIONS_LOG = {"Fn::GetAtt": ["OperationsLogGroup", "Arn"]}
UNRESTRICTED = {"cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "lambda:ListEventSourceMappings"}
"""The actions that cannot be restricted to the pipeline's resources."""
SHOWING_BODIES = {
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "lambda:GetDurableExecution",
    "lambda:GetDurableExecutionHistory",
    "sqs:ReceiveMessage",
}
ENCRYPTED = {"dynamodb", "logs", "sqs"}
"""The services whose data a customer managed key may encrypt."""


def statements(access: Template, policy: str):
    """Return the statements that a policy always has, and the one that it has with a customer managed key."""
    *always, with_key = access["Resources"][policy]["Properties"]["PolicyDocument"]["Statement"]
    condition, statement, otherwise = with_key["Fn::If"]
    assert (condition, otherwise) == ("HasKey", {"Ref": "AWS::NoValue"})
    return always, statement


def grants(access: Template, policy: str) -> Iterator[tuple[str, object]]:
    """Yield each action with each resource on which a policy allows it, without those of the key."""
    for statement in statements(access, policy)[0]:
        assert statement["Effect"] == "Allow"
        for action in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                yield action, resource


def actions(access: Template, policy: str) -> set[str]:
    return {action for action, _ in grants(access, policy)}


def holders(access: Template, *wanted: str) -> set[str]:
    """The policies that allow one of these actions."""
    return {policy for policy in POLICIES if actions(access, policy) & set(wanted)}


def test_nobody_receives_from_the_source_queue_but_the_mapping(access):
    allowed = {action for policy in POLICIES for action, resource in grants(access, policy) if resource == SOURCE_QUEUE}

    assert allowed == {"sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"}
    queues = [
        resource for policy in POLICIES for action, resource in grants(access, policy) if action.startswith("sqs:")
    ]
    assert all(list(resource) == ["Ref"] for resource in queues), "a pattern could match the source queue"


def test_only_erasers_destroy_data(access):
    assert holders(access, "dynamodb:DeleteItem", "lambda:DeleteDurableExecution") == {"Erasers"}
    writing = {action for policy in POLICIES for action in actions(access, policy) if action.startswith("dynamodb:")}
    assert writing == {"dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem"}


def test_only_operators_pause_and_stop(access):
    held = {"lambda:StopDurableExecution", "lambda:UpdateEventSourceMapping"}

    assert all(holders(access, action) == {"Operators"} for action in held)


def test_operators_and_erasers_remove_messages(access):
    assert holders(access, "sqs:DeleteMessage") == {"Operators", "Erasers"}


def test_readers_change_nothing_but_the_visibility_of_what_they_receive(access):
    reading = ("BatchGet", "Describe", "Filter", "Get", "List", "Receive")
    changing = {action for action in actions(access, "Readers") if not action.partition(":")[2].startswith(reading)}

    assert changing == {"sqs:ChangeMessageVisibility"}


def test_bodies_are_shown_to_readers_alone_and_the_policy_says_so(access):
    described = {policy: access["Resources"][policy]["Properties"]["Description"] for policy in POLICIES}

    assert all(holders(access, action) == {"Readers"} for action in SHOWING_BODIES)
    assert {policy for policy, text in described.items() if "Shows the bodies of messages" in text} == {"Readers"}


def test_a_producer_sends_and_does_nothing_else(access):
    assert dict(grants(access, "Producers")) == dict.fromkeys(
        ("sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"), SOURCE_QUEUE
    )


def test_who_changes_something_can_log_it_and_nobody_writes_another_log(access):
    written = {"logs:CreateLogStream", "logs:PutLogEvents"}
    resources = [resource for policy in POLICIES for action, resource in grants(access, policy) if action in written]

    assert all(holders(access, action) == {"Operators", "Erasers"} for action in written)
    assert resources == [OPERATIONS_LOG] * len(resources)


@pytest.mark.parametrize("policy", POLICIES)
def test_an_action_is_limited_to_what_the_pipeline_has_where_it_can_be(access, policy):
    unrestricted = {action for action, resource in grants(access, policy) if resource == "*"}

    assert unrestricted == (UNRESTRICTED if policy == "Readers" else set())
    assert not [action for action in actions(access, policy) if "*" in action]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_pattern_is_of_this_environment(access, policy):
    texts = [json.dumps(resource) for _, resource in grants(access, policy) if resource != "*"]

    assert all("${EnvironmentName}" in text for text in texts if "*" in text)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_key_of_ones_own_is_used_through_the_services_that_the_policy_is_about(access, policy):
    _, key = statements(access, policy)
    done = set(actions(access, policy))
    services = {action.partition(":")[0] for action in done} & ENCRYPTED
    services |= {"lambda"} if "lambda:GetDurableExecutionHistory" in done else set()

    assert key["Resource"] == {"Ref": "KmsKeyArn"}
    assert set(key["Action"]) <= {"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"}
    assert "kms:Decrypt" in key["Action"]
    assert ("kms:GenerateDataKey" in key["Action"]) == (policy != "Readers")
    ((operator, condition),) = key["Condition"].items()
    assert operator == "StringEquals"
    assert [entry["Fn::Sub"] for entry in listed(condition["kms:ViaService"])] == [
        f"{service}.${{AWS::Region}}.amazonaws.com" for service in sorted(services)
    ]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_is_attached_by_those_who_own_the_roles_and_found_by_its_parameter(access, policy):
    declared = access["Resources"][policy]["Properties"]
    parameter = access["Resources"][f"{policy}PolicyArnParameter"]["Properties"]

    assert declared.keys() == {"Description", "PolicyDocument"}
    assert parameter["Value"] == {"Ref": policy}
    assert parameter["Name"]["Fn::Sub"].endswith(f"/access/{policy.lower()}-policy-arn")


def test_the_log_of_operations_is_encrypted_and_has_an_end(access):
    group = properties(access, "AWS::Logs::LogGroup")

    assert group["KmsKeyId"] == {"Fn::If": ["HasKey", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]}
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
