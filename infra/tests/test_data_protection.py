"""Encryption, transport, backup and retention of what the pipeline holds."""

import re

import pytest

NOTHING = {"Ref": "AWS::NoValue"}
OWN_KEY = {"Fn::If": ["HasKey", {"Ref": "KmsKeyArn"}, NOTHING]}
QUEUES = ("DataProcessingQueue", "DataProcessingDeadLetterQueue", "InvalidMessageQueue")


def of_type(template, kind):
    return {name: r["Properties"] for name, r in template["Resources"].items() if r["Type"] == kind}


def test_the_queues_are_the_three_that_are_checked_here(shared):
    assert set(of_type(shared, "AWS::SQS::Queue")) == set(QUEUES)


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_is_encrypted_at_rest(shared, queue):
    properties = shared["Resources"][queue]["Properties"]

    assert properties["SqsManagedSseEnabled"] == {"Fn::If": ["HasKey", NOTHING, True]}
    assert properties["KmsMasterKeyId"] == OWN_KEY


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_refuses_plain_http(shared, queue):
    (policy,) = [p for p in of_type(shared, "AWS::SQS::QueuePolicy").values() if {"Ref": queue} in p["Queues"]]
    statement = policy["PolicyDocument"]["Statement"][0]

    assert policy["Queues"] == [{"Ref": queue}]
    assert statement["Resource"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("queue", ["DataProcessingDeadLetterQueue", "InvalidMessageQueue"])
def test_what_went_wrong_is_nothing_for_other_accounts(shared, queue):
    (policy,) = [p for p in of_type(shared, "AWS::SQS::QueuePolicy").values() if {"Ref": queue} in p["Queues"]]
    statement = policy["PolicyDocument"]["Statement"][1]

    assert statement["Resource"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
    assert statement["Condition"] == {"StringNotEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}}


def test_no_policy_of_a_queue_allows_anybody_anything(shared):
    for policy in of_type(shared, "AWS::SQS::QueuePolicy").values():
        assert {statement["Effect"] for statement in policy["PolicyDocument"]["Statement"]} == {"Deny"}


def test_a_message_that_keeps_failing_goes_to_the_dead_letter_queue(shared):
    assert shared["Resources"]["DataProcessingQueue"]["Properties"]["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["DataProcessingDeadLetterQueue", "Arn"]},
        "maxReceiveCount": {"Ref": "MaxReceiveCount"},
    }


def test_only_the_processing_queue_may_send_dead_letters(shared):
    allowed = shared["Resources"]["DataProcessingDeadLetterQueue"]["Properties"]["RedriveAllowPolicy"]
    name = shared["Resources"]["DataProcessingQueue"]["Properties"]["QueueName"]["Fn::Sub"]

    arn = f"arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:{name}"
    assert allowed == {"redrivePermission": "byQueue", "sourceQueueArns": [{"Fn::Sub": arn}]}


def test_the_table_is_encrypted_and_can_be_restored_to_any_point_in_time(shared):
    (table,) = of_type(shared, "AWS::DynamoDB::Table").values()

    assert table["SSESpecification"] == {
        "SSEEnabled": True,
        "SSEType": {"Fn::If": ["HasKey", "KMS", NOTHING]},
        "KMSMasterKeyId": OWN_KEY,
    }
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_table_is_keyed_by_execution_and_billed_by_request(shared):
    (table,) = of_type(shared, "AWS::DynamoDB::Table").values()

    assert table["KeySchema"] == [{"AttributeName": "execution_id", "KeyType": "HASH"}]
    assert table["AttributeDefinitions"] == [{"AttributeName": "execution_id", "AttributeType": "S"}]
    assert table["BillingMode"] == "PAY_PER_REQUEST"


@pytest.mark.parametrize("name", [*QUEUES, "ProcessedDataTable"])
def test_data_outlives_its_stack_in_production_and_a_replacement_everywhere(shared, name):
    resource = shared["Resources"][name]

    assert resource["DeletionPolicy"] == {"Fn::If": ["IsProduction", "Retain", "Delete"]}
    assert resource["UpdateReplacePolicy"] == "Retain"
    assert shared["Transform"] == "AWS::LanguageExtensions", "CloudFormation takes no condition there otherwise"


def test_the_table_outlives_mistakes(shared):
    table = shared["Resources"]["ProcessedDataTable"]

    assert table["Properties"]["DeletionProtectionEnabled"] == {"Fn::If": ["IsProduction", True, False]}
    assert shared["Conditions"]["IsProduction"] == {"Fn::Equals": [{"Ref": "EnvironmentName"}, "prod"]}


def test_a_log_is_the_functions_own_and_has_an_end(template):
    function = template["Resources"]["Function"]["Properties"]
    (group,) = of_type(template, "AWS::Logs::LogGroup").values()

    assert function["LoggingConfig"]["LogGroup"] == {"Ref": "LogGroup"}
    assert group["LogGroupName"] == {"Fn::Sub": "/aws/lambda/" + function["FunctionName"]["Fn::Sub"]}
    assert group["KmsKeyId"] == OWN_KEY
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert template["Parameters"]["LogRetentionDays"]["Default"] == 30


def test_aws_owns_the_key_unless_one_is_given(any_template):
    parameter = any_template["Parameters"].get("KmsKeyArn")
    if parameter is None:
        assert "HasKey" not in any_template.get("Conditions", {})
        return
    allowed = re.compile(parameter["AllowedPattern"])

    assert parameter["Default"] == ""
    assert allowed.fullmatch("")
    assert allowed.fullmatch("arn:aws:kms:eu-west-1:123456789012:key/0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0")
    assert not allowed.fullmatch("arn:aws:kms:eu-west-1:123456789012:alias/mine")
    if "HasKey" in any_template.get("Conditions", {}):
        assert any_template["Conditions"]["HasKey"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "KmsKeyArn"}, ""]}]}
