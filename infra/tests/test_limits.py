"""The limits that the numbers in the templates must keep: AWS's, and those that the orchestrator counts on."""

from pathlib import Path

DAY = 24 * 60 * 60
MAPPING_LIMIT = 900  # https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking-esm.html


def function(template):
    return template["Resources"]["Function"]["Properties"]


def test_an_execution_ends_before_the_mapping_gives_up(orchestrator, pipeline):
    timeout = function(orchestrator)["DurableConfig"]["ExecutionTimeout"]

    assert timeout == pipeline["execution_timeout_seconds"] < MAPPING_LIMIT


def test_a_message_stays_hidden_for_the_longest_window_and_execution(root, shared, pipeline):
    hidden = shared["Resources"]["DataProcessingQueue"]["Properties"]["VisibilityTimeout"]

    window = root["Parameters"]["BatchingWindowSeconds"]["MaxValue"]
    assert hidden > pipeline["execution_timeout_seconds"] + window


def test_no_parameter_changes_what_the_limits_follow_from(any_template):
    """A timeout that may be chosen may be chosen too short, and the promise is void then."""
    allowed = {"BatchingWindowSeconds", "OldestMessageSeconds", "NoTrafficSeconds"}

    assert {name for name in any_template.get("Parameters", {}) if name.endswith("Seconds")} <= allowed


def test_the_mapping_is_one_that_lambda_accepts(root, orchestrator):
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    parameters = root["Parameters"]

    assert parameters["BatchingWindowSeconds"]["MinValue"] >= 1, "a batch of more than 10 needs a window"
    assert parameters["BatchSize"]["MaxValue"] <= 10_000
    assert parameters["MaximumConcurrency"]["MinValue"] >= 2
    assert parameters["MaximumConcurrency"]["MaxValue"] <= 1_000


def test_an_execution_has_time_for_the_worst_case(pipeline):
    assert pipeline["worst_case_seconds"] < pipeline["execution_timeout_seconds"]


def test_the_readme_states_the_worst_case(pipeline):
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")

    assert f"takes at most {pipeline['worst_case_seconds']} s;" in readme


def test_a_service_is_cut_off_when_its_stage_says(read, pipeline):
    for stage in pipeline["stages"]:
        assert function(read(stage["service"]))["Timeout"] == stage["timeout_seconds"]


def test_every_service_is_the_orchestrator_or_a_stage(services, pipeline):
    assert services == sorted(["orchestrator", *(stage["service"] for stage in pipeline["stages"])])


def test_the_function_timeout_does_not_end_an_execution_early(orchestrator):
    assert function(orchestrator)["Timeout"] == function(orchestrator)["DurableConfig"]["ExecutionTimeout"]


def test_a_chunk_is_of_a_size_that_the_orchestrator_accepts(root, pipeline):
    chunk = root["Parameters"]["ChunkSize"]

    assert [chunk["MinValue"], chunk["MaxValue"]] == pipeline["chunk_size"]


def test_the_smallest_chunks_of_the_largest_batch_leave_operations_to_isolate_records(root, pipeline):
    chunks = root["Parameters"]["BatchSize"]["MaxValue"] / root["Parameters"]["ChunkSize"]["MinValue"]

    operations = pipeline["operations_of_batch"] + pipeline["operations_of_chunk"] * chunks
    assert operations < 5 / 6 * pipeline["max_operations"]


def test_a_message_gets_the_deliveries_that_outlast_half_an_hour(root, pipeline):
    waits = pipeline["redelivery_seconds"]["outage"]
    deliveries = root["Parameters"]["MaxReceiveCount"]["Default"]

    assert deliveries >= 5, "AWS advises it: a throttled delivery counts too"
    assert sum(waits[: deliveries - 1]) >= 2_100


def test_a_dead_letter_is_kept_for_days_whenever_it_dies(shared):
    resources = shared["Resources"]
    alive = resources["DataProcessingQueue"]["Properties"]["MessageRetentionPeriod"]
    dead = resources["DataProcessingDeadLetterQueue"]["Properties"]["MessageRetentionPeriod"]

    assert dead == 14 * DAY
    assert dead - alive >= 7 * DAY, "SQS counts a dead letter's age from when it was sent first"


def test_a_rejected_message_is_kept_for_a_fortnight(shared):
    assert shared["Resources"]["InvalidMessageQueue"]["Properties"]["MessageRetentionPeriod"] == 14 * DAY
