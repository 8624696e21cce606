"""Encryption, transport, backup and retention of the pipeline's data."""

import re

import pytest
from templates import function, of_type, properties, read

NOTHING = {"Ref": "AWS::NoValue"}
OWN_KEY = {"Fn::If": ["HasKey", {"Ref": "KmsKeyArn"}, NOTHING]}
QUEUES = list(of_type(read("shared"), "AWS::SQS::Queue"))


def declared_statements(shared, queue):
    """Return the statements of a queue's policy as they are written."""
    (policy,) = [
        policy["Properties"]
        for policy in of_type(shared, "AWS::SQS::QueuePolicy").values()
        if {"Ref": queue} in policy["Properties"]["Queues"]
    ]
    return policy["PolicyDocument"]["Statement"]


def statements(shared, queue):
    """Return the statements of a queue's policy under all conditions, all of which are about this queue."""
    declared = declared_statements(shared, queue)
    found = [statement["Fn::If"][1] if "Fn::If" in statement else statement for statement in declared]
    assert [one["Resource"] for one in found] == [{"Fn::GetAtt": [queue, "Arn"]}] * len(found)
    return found


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_is_encrypted_and_refuses_plain_http(shared, queue):
    declared = shared["Resources"][queue]["Properties"]
    plain_http, *_ = statements(shared, queue)

    assert declared["SqsManagedSseEnabled"] == {"Fn::If": ["HasKey", NOTHING, True]}
    assert declared["KmsMasterKeyId"] == OWN_KEY
    assert (plain_http["Effect"], plain_http["Principal"], plain_http["Action"]) == ("Deny", "*", "sqs:*")
    assert plain_http["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("queue", [queue for queue in QUEUES if queue != "DataProcessingQueue"])
def test_other_accounts_cannot_use_the_queues_of_dead_and_rejected_messages(shared, queue):
    _, statement = statements(shared, queue)

    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
    assert statement["Condition"] == {"StringNotEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}}


def test_only_declared_buckets_topics_and_rules_may_send_by_the_policy_of_the_queue(shared):
    _, buckets, others = statements(shared, "DataProcessingQueue")
    declared = {"aws:SourceArn": {"Fn::Split": [",", {"Ref": "ProducerArns"}]}}

    for statement in (buckets, others):
        assert (statement["Effect"], statement["Action"]) == ("Allow", "sqs:SendMessage")
        assert statement["Condition"]["ArnEquals"] == declared
    assert buckets["Principal"] == {"Service": "s3.amazonaws.com"}
    assert buckets["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert others["Principal"] == {"Service": ["sns.amazonaws.com", "events.amazonaws.com"]}
    conditions = [statement["Fn::If"][::2] for statement in declared_statements(shared, "DataProcessingQueue")[1:]]
    assert conditions == [["HasProducers", NOTHING]] * 2


@pytest.mark.parametrize(
    ("arns", "accepted"),
    [
        ("", True),
        ("arn:aws:s3:::arrivals", True),
        ("arn:aws:s3:::arrivals,arn:aws:sns:eu-central-1:111122223333:orders", True),
        ("arn:aws-cn:events:cn-north-1:111122223333:rule/orders", True),
        ("arn:aws:s3:::arrivals, arn:aws:s3:::others", False),
        ("arn:aws:s3:::arrivals,", False),
        ("arn:aws:iam::111122223333:role/any", False),
        ("*", False),
    ],
)
def test_a_producer_is_a_bucket_a_topic_or_a_rule(shared, root, arns, accepted):
    for template in (shared, root):
        assert bool(re.fullmatch(template["Parameters"]["ProducerArns"]["AllowedPattern"], arns)) is accepted


def test_a_message_that_keeps_failing_is_a_dead_letter_and_only_the_processing_queue_may_send_one(shared):
    queue = shared["Resources"]["DataProcessingQueue"]["Properties"]
    allowed = shared["Resources"]["DataProcessingDeadLetterQueue"]["Properties"]["RedriveAllowPolicy"]

    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["DataProcessingDeadLetterQueue", "Arn"]},
        "maxReceiveCount": {"Ref": "MaxReceiveCount"},
    }
    (source,) = allowed["sourceQueueArns"]
    assert allowed["redrivePermission"] == "byQueue"
    assert source["Fn::Sub"].endswith(f":{queue['QueueName']['Fn::Sub']}")


def test_the_table_is_encrypted_and_can_be_restored_to_any_point_in_time_and_grows_by_itself(shared):
    table = properties(shared, "AWS::DynamoDB::Table")

    own_key = {"SSEType": {"Fn::If": ["HasKey", "KMS", NOTHING]}, "KMSMasterKeyId": OWN_KEY}
    assert table["SSESpecification"] == {"SSEEnabled": True} | own_key
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST", "it takes what the functions write, with no capacity to provision"


@pytest.mark.parametrize("name", [*QUEUES, "ProcessedDataTable"])
def test_data_outlives_its_stack_in_production_and_a_replacement_everywhere(shared, name):
    resource = shared["Resources"][name]

    # A queue has a fixed name: one that outlived the failed creation of its stack would block the next attempt.
    retained = "RetainExceptOnCreate" if name in QUEUES else "Retain"
    assert resource["DeletionPolicy"] == {"Fn::If": ["IsProduction", retained, "Delete"]}
    assert resource["UpdateReplacePolicy"] == "Retain"
    assert shared["Conditions"]["IsProduction"] == {"Fn::Equals": [{"Ref": "EnvironmentName"}, "prod"]}
    assert shared["Transform"] == "AWS::LanguageExtensions", "CloudFormation takes no condition there otherwise"


def test_the_table_cannot_be_deleted_by_mistake_in_production(shared):
    table = properties(shared, "AWS::DynamoDB::Table")

    assert table["DeletionProtectionEnabled"] == {"Fn::If": ["IsProduction", True, False]}


def test_a_log_is_the_functions_own_and_has_an_end(template):
    group = properties(template, "AWS::Logs::LogGroup")

    assert function(template)["LoggingConfig"]["LogGroup"] == {"Ref": "LogGroup"}
    assert group["LogGroupName"] == {"Fn::Sub": "/aws/lambda/" + function(template)["FunctionName"]["Fn::Sub"]}
    assert group["KmsKeyId"] == OWN_KEY
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_variables_and_executions_are_under_the_key_of_ones_own(template):
    assert function(template)["KmsKeyArn"] == OWN_KEY
    durable = function(template).get("DurableConfig")
    assert durable is None or durable["KMSKeyArn"] == OWN_KEY


def test_aws_owns_the_key_unless_one_is_given(any_template):
    parameter = any_template["Parameters"].get("KmsKeyArn")
    condition = any_template.get("Conditions", {}).get("HasKey")
    assert condition in (None, {"Fn::Not": [{"Fn::Equals": [{"Ref": "KmsKeyArn"}, ""]}]})
    if parameter:
        allowed = re.compile(parameter["AllowedPattern"])
        assert parameter["Default"] == ""
        assert allowed.fullmatch("")
        assert allowed.fullmatch("arn:aws:kms:eu-west-1:123456789012:key/0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0")
        assert not allowed.fullmatch("arn:aws:kms:eu-west-1:123456789012:alias/mine")
