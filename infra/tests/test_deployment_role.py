"""Who may assume the role that deploys from GitHub, and what it may do."""

import json
import re

import pytest
from templates import REPOSITORY, listed, of_type, properties, read
from test_iam import statements

TEMPLATE = read("deployment-role")
ISSUER = "token.actions.githubusercontent.com"
CONDITIONS = {
    "AttachPolicyOfCodeDeploy": "iam:PolicyARN",
    "CreateEventSourceMapping": "lambda:FunctionArn",
    "GiveRolesToFunctions": "iam:PassedToService",
    "ManageEventSourceMapping": "lambda:FunctionArn",
}
"""The statements with a condition, and its key."""
WITHOUT_THE_NAME = {
    "CreateEventSourceMapping",
    "Describe",
    "FindPackages",
    "KeepPackages",
    "ManageEventSourceMapping",
    "ManageSubscriptions",
    "ReadEventSourceMapping",
    "ReadPaceOfRelease",
    "TranslateTemplates",
    "UploadPackages",
    "UseKey",
}
"""The statements on resources that belong to no environment, or whose ids are not known beforehand."""


def role():
    return properties(TEMPLATE, "AWS::IAM::Role")


def grants():
    """The statements of the role's policy, by their names."""
    return {statement["Sid"]: statement for statement in statements(role()["Policies"])}


def test_only_a_job_of_the_repository_in_the_github_environment_assumes_the_role():
    (statement,) = role()["AssumeRolePolicyDocument"]["Statement"]

    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {
            f"{ISSUER}:aud": "sts.amazonaws.com",
            f"{ISSUER}:sub": {"Fn::Sub": "repo:${Repository}:environment:${EnvironmentName}"},
        }
    }
    (provider,) = of_type(TEMPLATE, "AWS::IAM::OIDCProvider").values()
    assert provider["Properties"] == {"Url": f"https://{ISSUER}", "ClientIdList": ["sts.amazonaws.com"]}
    condition, created, existing = statement["Principal"]["Federated"]["Fn::If"]
    assert (condition, created) == (provider["Condition"], {"Ref": "Provider"})
    assert existing["Fn::Sub"].endswith(f":oidc-provider/{ISSUER}")


@pytest.mark.parametrize("repository", ["acme-2/orders.pipeline_1", "acme-2@123456/orders.pipeline_1@456789"])
def test_a_repository_is_named_as_in_either_format_of_the_subject(repository):
    assert re.fullmatch(TEMPLATE["Parameters"]["Repository"]["AllowedPattern"], repository)


@pytest.mark.parametrize(
    "repository",
    [
        *("acme/*", "*/orders", "acme", "acme/orders:ref", "acme/orders/x", "", "a?/b"),
        *("acme@1/orders", "acme/orders@2", "acme@1/orders@*", "acme@*/orders@2", "acme@/orders@", "acme@1/orders@2:x"),
    ],
)
def test_one_repository_is_named_and_no_pattern(repository):
    assert not re.fullmatch(TEMPLATE["Parameters"]["Repository"]["AllowedPattern"], repository)


def test_the_deployment_workflow_runs_in_the_github_environment_of_its_environment():
    workflow = (REPOSITORY / ".github/workflows/deploy.yml").read_text("utf-8")

    assert "    environment: ${{ inputs.environment }}\n" in workflow
    assert '--env "$ENVIRONMENT"' in workflow
    assert "role-to-assume: ${{ vars.DEPLOYMENT_ROLE_ARN }}" in workflow


def test_the_role_reaches_the_stacks_and_resources_of_its_environment_alone():
    broad = {
        sid
        for sid, statement in grants().items()
        for resource in listed(statement["Resource"])
        if not re.search(
            r"durable-pipeline[-/]\$\{EnvironmentName\}|\$\{EnvironmentName\}-durable-pipeline", json.dumps(resource)
        )
    }

    assert broad == WITHOUT_THE_NAME
    assert {
        sid: next(iter(next(iter(s["Condition"].values())))) for sid, s in grants().items() if "Condition" in s
    } == (CONDITIONS)


def test_the_role_cannot_change_itself_and_has_no_action_by_pattern():
    own = role()["RoleName"]["Fn::Sub"].replace("${EnvironmentName}", "dev")
    roles = [
        resource["Fn::Sub"].replace("${EnvironmentName}", "dev").partition(":role/")[2]
        for statement in grants().values()
        if any(action.startswith("iam:") for action in listed(statement["Action"]))
        for resource in listed(statement["Resource"])
    ]

    assert roles
    assert not [pattern for pattern in roles if re.fullmatch(pattern.replace("*", ".*"), own)]
    assert not [action for statement in grants().values() for action in listed(statement["Action"]) if "*" in action]


def test_a_function_can_be_given_roles_of_the_environment_for_lambda_and_codedeploy_only():
    statement = grants()["GiveRolesToFunctions"]

    assert statement["Action"] == "iam:PassRole"
    assert statement["Condition"] == {
        "StringEquals": {"iam:PassedToService": ["codedeploy.amazonaws.com", "lambda.amazonaws.com"]}
    }
