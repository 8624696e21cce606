"""The limits that the numbers in the templates must respect: AWS's, and those that the orchestrator relies on."""

from templates import PIPELINE, REPOSITORY, SERVICES, function, read

DAY = 24 * 60 * 60
MAPPING_LIMIT = 900  # https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking-esm.html


def test_an_execution_ends_before_the_mapping_gives_up_and_not_before_its_worst_case(orchestrator):
    declared = function(orchestrator)

    timeout = declared["DurableConfig"]["ExecutionTimeout"]
    assert PIPELINE["worst_case_seconds"] < timeout == PIPELINE["execution_timeout_seconds"] < MAPPING_LIMIT
    assert declared["Timeout"] == timeout, "the function's own timeout would end it early"


def test_a_message_stays_hidden_for_the_longest_window_and_execution(root, shared):
    hidden = shared["Resources"]["DataProcessingQueue"]["Properties"]["VisibilityTimeout"]

    window = root["Parameters"]["BatchingWindowSeconds"]["MaxValue"]
    assert hidden > PIPELINE["execution_timeout_seconds"] + window


def test_a_queue_is_old_only_when_an_execution_had_its_time(monitoring):
    assert monitoring["Parameters"]["OldestMessageSeconds"]["Default"] > PIPELINE["execution_timeout_seconds"]


def test_no_parameter_changes_what_the_limits_follow_from(any_template):
    """A configurable timeout could be configured too short, which would break the promise."""
    allowed = {"BatchingWindowSeconds", "OldestMessageSeconds", "NotPolledSeconds", "NoTrafficSeconds"}

    assert {name for name in any_template.get("Parameters", {}) if name.endswith("Seconds")} <= allowed


def test_the_mapping_is_one_that_lambda_accepts(root):
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    parameters = root["Parameters"]

    assert parameters["BatchSize"]["MaxValue"] <= 10_000
    assert parameters["MaximumConcurrency"]["MinValue"] >= 2
    assert parameters["MaximumConcurrency"]["MaxValue"] <= 1_000


def test_a_batch_of_more_than_10_has_a_window(root, orchestrator):
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html"""
    rule = root["Rules"]["NoWindow"]

    assert rule == orchestrator["Rules"]["NoWindow"]
    assert root["Parameters"]["BatchingWindowSeconds"]["MinValue"] == 0
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "BatchingWindowSeconds"}, 0]}
    [assertion] = rule["Assertions"]
    assert assertion["Assert"] == {"Fn::Contains": [[str(size) for size in range(1, 11)], {"Ref": "BatchSize"}]}


def test_the_page_on_limits_states_the_worst_case():
    page = (REPOSITORY / "docs/architecture.md").read_text(encoding="utf-8")

    assert f"takes at most {PIPELINE['worst_case_seconds']} s;" in page


def test_every_service_is_the_orchestrator_or_a_stage_and_is_cut_off_when_its_stage_says():
    timeouts = {stage["service"]: stage["timeout_seconds"] for stage in PIPELINE["stages"]}

    assert sorted(SERVICES) == sorted(["orchestrator", *timeouts])
    assert {name: function(read(name))["Timeout"] for name in timeouts} == timeouts


def test_a_chunk_is_of_a_size_that_the_orchestrator_accepts(root):
    chunk = root["Parameters"]["ChunkSize"]

    assert [chunk["MinValue"], chunk["MaxValue"]] == PIPELINE["chunk_size"]


def test_the_smallest_chunks_of_the_largest_batch_leave_operations_to_isolate_records(root):
    chunks = root["Parameters"]["BatchSize"]["MaxValue"] / root["Parameters"]["ChunkSize"]["MinValue"]

    operations = PIPELINE["operations_of_batch"] + PIPELINE["operations_of_chunk"] * chunks
    assert operations < 5 / 6 * PIPELINE["max_operations"]


def test_a_message_gets_the_deliveries_that_outlast_half_an_hour(root):
    waits = PIPELINE["redelivery_seconds"]["outage"]
    deliveries = root["Parameters"]["MaxReceiveCount"]["Default"]

    assert deliveries >= 5, "AWS advises it: a throttled delivery counts too"
    assert sum(waits[: deliveries - 1]) >= 2_100


def test_what_went_wrong_is_kept_for_days_whenever_it_arrives(shared):
    kept = {
        name: shared["Resources"][name]["Properties"]["MessageRetentionPeriod"]
        for name in ("DataProcessingQueue", "DataProcessingDeadLetterQueue", "InvalidMessageQueue")
    }
    assert kept["InvalidMessageQueue"] == kept["DataProcessingDeadLetterQueue"] == 14 * DAY
    left = kept["DataProcessingDeadLetterQueue"] - kept["DataProcessingQueue"]
    assert left >= 7 * DAY, "SQS counts a dead letter's age from when it was sent first"


def test_a_dead_letter_has_the_history_of_its_executions_for_as_long_as_it_exists(root, orchestrator, shared):
    days = root["Parameters"]["ExecutionRetentionDays"]["Default"]

    assert orchestrator["Parameters"]["ExecutionRetentionDays"]["Default"] == days
    assert days * DAY >= shared["Resources"]["DataProcessingDeadLetterQueue"]["Properties"]["MessageRetentionPeriod"]
