"""Encryption, transport, backup and retention of what the pipeline holds."""

import pytest

QUEUES = ("DataProcessingQueue", "DataProcessingDeadLetterQueue", "InvalidMessageQueue")


def of_type(template, kind):
    return {name: r["Properties"] for name, r in template["Resources"].items() if r["Type"] == kind}


def test_the_queues_are_the_three_that_are_checked_here(shared):
    assert set(of_type(shared, "AWS::SQS::Queue")) == set(QUEUES)


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_is_encrypted_at_rest(shared, queue):
    assert shared["Resources"][queue]["Properties"]["SqsManagedSseEnabled"] is True


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_refuses_plain_http(shared, queue):
    (policy,) = [p for p in of_type(shared, "AWS::SQS::QueuePolicy").values() if {"Ref": queue} in p["Queues"]]
    (statement,) = policy["PolicyDocument"]["Statement"]

    assert policy["Queues"] == [{"Ref": queue}]
    assert statement["Resource"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


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

    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_table_is_keyed_by_execution_and_billed_by_request(shared):
    (table,) = of_type(shared, "AWS::DynamoDB::Table").values()

    assert table["KeySchema"] == [{"AttributeName": "execution_id", "KeyType": "HASH"}]
    assert table["AttributeDefinitions"] == [{"AttributeName": "execution_id", "AttributeType": "S"}]
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_the_table_outlives_mistakes(shared):
    table = shared["Resources"]["ProcessedDataTable"]

    assert table["UpdateReplacePolicy"] == "Retain"
    assert table["Properties"]["DeletionProtectionEnabled"] == {"Fn::If": ["IsProduction", True, False]}
    assert shared["Conditions"]["IsProduction"] == {"Fn::Equals": [{"Ref": "EnvironmentName"}, "prod"]}


def test_a_log_is_the_functions_own_and_has_an_end(template):
    function = template["Resources"]["Function"]["Properties"]
    (group,) = of_type(template, "AWS::Logs::LogGroup").values()

    assert function["LoggingConfig"]["LogGroup"] == {"Ref": "LogGroup"}
    assert group["LogGroupName"] == {"Fn::Sub": "/aws/lambda/" + function["FunctionName"]["Fn::Sub"]}
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert template["Parameters"]["LogRetentionDays"]["Default"] == 30
