"""Each service may do what it does, and nothing else."""

from templates import PIPELINE, function, of_type, properties, translate

ACCOUNT = "${AWS::Region}:${AWS::AccountId}"
OWN_EXECUTIONS = (
    f"arn:${{AWS::Partition}}:lambda:{ACCOUNT}:function:${{EnvironmentName}}-durable-pipeline-orchestrator:*"
)
TABLE = {"Fn::Sub": f"arn:${{AWS::Partition}}:dynamodb:{ACCOUNT}:table/${{ProcessedDataTable}}"}
FUNCTIONS = [
    {"Ref": "".join(word.capitalize() for word in stage["variable"].split("_"))} for stage in PIPELINE["stages"]
]

COMMON = {
    ("logs:CreateLogStream", "logs:PutLogEvents"): {"Fn::GetAtt": ["LogGroup", "Arn"]},
    ("xray:PutTelemetryRecords", "xray:PutTraceSegments"): "*",
}
ALLOWED = {  # any other service: what is common
    "storer": COMMON | {("dynamodb:PutItem",): TABLE, ("dynamodb:GetItem",): TABLE},
    "orchestrator": COMMON
    | {
        ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"): {"Ref": "DataProcessingQueueArn"},
        ("sqs:ChangeMessageVisibility", "sqs:GetQueueUrl"): {"Ref": "DataProcessingQueueArn"},
        ("sqs:SendMessage",): {"Ref": "InvalidMessageQueueArn"},
        ("lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"): {"Fn::Sub": OWN_EXECUTIONS},
        ("lambda:InvokeFunction",): FUNCTIONS,
    },
}
WITH_A_KEY = {
    "orchestrator": (["kms:Decrypt", "kms:GenerateDataKey"], "sqs"),
    "storer": (["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"], "dynamodb"),
}
"""What a service may do with a key of one's own, and for which AWS service."""


def actions(statement):
    action = statement["Action"]
    return tuple([action] if isinstance(action, str) else sorted(action))


def test_a_service_is_allowed_exactly_what_it_does(service, template):
    policies = properties(template, "AWS::IAM::Role")["Policies"]
    statements = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]

    assert {actions(s): s["Resource"] for s in statements} == ALLOWED.get(service, COMMON)
    assert all(s["Effect"] == "Allow" for s in statements)


def test_sam_adds_no_role_and_no_policy(template):
    translated = translate(template)

    (role,) = of_type(translated, "AWS::IAM::Role").values()
    assert "ManagedPolicyArns" not in role["Properties"]
    assert function(translated)["Role"] == {"Fn::GetAtt": ["Role", "Arn"]}


def test_only_lambda_may_take_a_services_role(template):
    (trust,) = properties(template, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]

    assert (trust["Effect"], trust["Action"]) == ("Allow", "sts:AssumeRole")
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_a_service_may_use_a_key_of_ones_own_for_what_it_reads_and_writes_and_only_if_there_is_one(service, template):
    policies = list(of_type(template, "AWS::IAM::RolePolicy").values())

    assert len(policies) == (service in WITH_A_KEY)
    for policy in policies:
        (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
        allowed, through = WITH_A_KEY[service]
        assert policy["Condition"] == "HasKey"
        assert policy["Properties"]["RoleName"] == {"Ref": "Role"}
        assert (statement["Effect"], statement["Action"]) == ("Allow", allowed)
        assert statement["Resource"] == {"Ref": "KmsKeyArn"}
        via = {"Fn::Sub": f"{through}.${{AWS::Region}}.amazonaws.com"}
        assert statement["Condition"] == {"StringEquals": {"kms:ViaService": via}}
