"""Each service may do what it needs to, and nothing else."""

from templates import PIPELINE, function, listed, of_type, properties, translate

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
    "storer": COMMON | {("dynamodb:PartiQLInsert", "dynamodb:PutItem"): TABLE, ("dynamodb:GetItem",): TABLE},
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
    "orchestrator": {"sqs": ["kms:Decrypt", "kms:GenerateDataKey"]},
    "storer": {"dynamodb": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]},
}
"""The actions of a service with a customer managed key, by the AWS service; all may read their own variables."""
VARIABLES = {"lambda": "kms:Decrypt"}


def test_a_service_is_allowed_exactly_what_it_does(service, template):
    policies = properties(template, "AWS::IAM::Role")["Policies"]
    statements = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]

    assert {tuple(sorted(listed(s["Action"]))): s["Resource"] for s in statements} == ALLOWED.get(service, COMMON)
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


def through(statement):
    """The AWS services through which a statement permits the use of a key."""
    ((operator, condition),) = statement["Condition"].items()
    assert operator == "StringEquals"
    services = listed(condition["kms:ViaService"])
    return [entry["Fn::Sub"].removesuffix(".${AWS::Region}.amazonaws.com") for entry in services]


def test_a_service_may_use_a_key_of_ones_own_for_its_data_only_if_there_is_one(service, template):
    policy = template["Resources"]["UseOfKey"]
    statements = policy["Properties"]["PolicyDocument"]["Statement"]

    assert policy["Condition"] == "HasKey"
    assert policy["Properties"]["RoleName"] == {"Ref": "Role"}
    assert all((s["Effect"], s["Resource"]) == ("Allow", {"Ref": "KmsKeyArn"}) for s in statements)
    allowed = {name: s["Action"] for s in statements for name in through(s)}
    assert allowed == WITH_A_KEY.get(service, {}) | VARIABLES


def test_what_is_from_before_a_change_of_the_key_can_still_be_read(orchestrator):
    policy = orchestrator["Resources"]["UseOfFormerKey"]
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]

    assert policy["Condition"] == "HasFormerKey"
    given = {"Fn::Not": [{"Fn::Equals": [{"Ref": "FormerKmsKeyArn"}, ""]}]}
    assert orchestrator["Conditions"]["HasFormerKey"] == given
    assert orchestrator["Parameters"]["FormerKmsKeyArn"]["Default"] == ""
    assert policy["Properties"]["RoleName"] == {"Ref": "Role"}
    assert (statement["Action"], statement["Resource"]) == ("kms:Decrypt", {"Ref": "FormerKmsKeyArn"})
    assert through(statement) == ["lambda", "sqs"]


def test_no_other_policy_is_there(service, template):
    expected = {"UseOfKey", "UseOfFormerKey"} if service == "orchestrator" else {"UseOfKey"}

    assert of_type(template, "AWS::IAM::RolePolicy").keys() == expected
