"""Each service may do what it does, and nothing else."""

import re

ACCOUNT = "${AWS::Region}:${AWS::AccountId}"
OWN_EXECUTIONS = (
    f"arn:${{AWS::Partition}}:lambda:{ACCOUNT}:function:${{EnvironmentName}}-durable-pipeline-orchestrator:*"
)

TABLE = {"Fn::Sub": f"arn:${{AWS::Partition}}:dynamodb:{ACCOUNT}:table/${{ProcessedDataTable}}"}

COMMON = {
    ("logs:CreateLogStream", "logs:PutLogEvents"): {"Fn::GetAtt": ["LogGroup", "Arn"]},
    ("xray:PutTelemetryRecords", "xray:PutTraceSegments"): "*",
}
ALLOWED = {  # any other service: what is common
    "storer": COMMON
    | {
        ("dynamodb:PutItem",): TABLE,
        ("dynamodb:GetItem",): TABLE,
    },
    "orchestrator": COMMON
    | {
        ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"): {"Ref": "DataProcessingQueueArn"},
        ("sqs:ChangeMessageVisibility", "sqs:GetQueueUrl"): {"Ref": "DataProcessingQueueArn"},
        ("sqs:SendMessage",): {"Ref": "InvalidMessageQueueArn"},
        ("lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"): {"Fn::Sub": OWN_EXECUTIONS},
    },
}


def statements(template):
    (role,) = [r for r in template["Resources"].values() if r["Type"] == "AWS::IAM::Role"]
    return [s for policy in role["Properties"]["Policies"] for s in policy["PolicyDocument"]["Statement"]]


def actions(statement):
    action = statement["Action"]
    return tuple(sorted([action] if isinstance(action, str) else action))


def test_a_service_is_allowed_exactly_what_it_does(service, template, functions):
    allowed = ALLOWED.get(service, COMMON)
    if service == "orchestrator":
        allowed = allowed | {("lambda:InvokeFunction",): [{"Ref": parameter} for parameter in functions.values()]}

    assert {actions(s): s["Resource"] for s in statements(template)} == allowed
    assert all(s["Effect"] == "Allow" for s in statements(template))


def test_no_action_is_a_wildcard(template):
    assert not [action for s in statements(template) for action in actions(s) if "*" in action]


def test_the_only_wildcard_resources_are_traces_and_the_versions_of_the_orchestrator_itself(template):
    wildcards = {
        resource
        for s in statements(template)
        for resource in re.findall(r"[^']*\*[^']*", repr(s["Resource"]))
        if not all(action.startswith("xray:") for action in actions(s))
    }
    assert wildcards <= {OWN_EXECUTIONS}
    name = template["Resources"]["Function"]["Properties"]["FunctionName"]["Fn::Sub"]
    assert all(f":function:{name}:" in wildcard for wildcard in wildcards)


def test_sam_adds_no_role_and_no_policy(translated):
    roles = [name for name, r in translated["Resources"].items() if r["Type"] == "AWS::IAM::Role"]

    assert roles == ["Role"]
    assert "ManagedPolicyArns" not in translated["Resources"]["Role"]["Properties"]
    assert translated["Resources"]["Function"]["Properties"]["Role"] == {"Fn::GetAtt": ["Role", "Arn"]}


def test_only_lambda_may_take_a_services_role(template):
    (trust,) = template["Resources"]["Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]

    assert (trust["Effect"], trust["Action"]) == ("Allow", "sts:AssumeRole")
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


KEY_ACTIONS = {
    "orchestrator": (["kms:Decrypt", "kms:GenerateDataKey"], "sqs"),
    "storer": (["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"], "dynamodb"),
}


def test_a_service_may_use_a_key_of_ones_own_for_what_it_reads_and_writes_and_only_if_there_is_one(service, template):
    policies = [r for r in template["Resources"].values() if r["Type"] == "AWS::IAM::RolePolicy"]

    assert len(policies) == (service in KEY_ACTIONS)
    for policy in policies:
        (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
        allowed, through = KEY_ACTIONS[service]
        assert policy["Condition"] == "HasKey"
        assert policy["Properties"]["RoleName"] == {"Ref": "Role"}
        assert (statement["Effect"], statement["Action"], statement["Resource"]) == (
            "Allow",
            allowed,
            {"Ref": "KmsKeyArn"},
        )
        via = {"Fn::Sub": f"{through}.${{AWS::Region}}.amazonaws.com"}
        assert statement["Condition"] == {"StringEquals": {"kms:ViaService": via}}
