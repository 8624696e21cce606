"""The arithmetic of the cost model, compared with cases computed by hand."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import Any

import pytest
from bench.comparison import steady
from bench.cost import bills, table, usages, written
from bench.usage import RETENTION_DAYS, Usage, bill, total
from bench.variants import ALL, OURS, PLAIN_10, PLAIN_100, QUEUES
from local_aws.deploy.transform import parse_template
from pipeline_testing.repository_copy import REPOSITORY

# Prices that are easy to calculate with, all of them different.
PRICES = tomllib.loads(
    """
    sqs = {request = 1e-6, bytes_of_request = 1_000}
    lambda = {request = 2e-6, gigabyte_second = 3e-6}
    durable = {operation = 4e-6, gigabyte_written = 5.0, gigabyte_month = 6.0}
    dynamodb = {write_unit = 7e-6}
    logs = {gigabyte_ingested = 100}
    pipes = {request = 11e-6, bytes_of_request = 110_000}
    [step_functions]
    transition = 8e-6
    express_request = 9e-6
    express_gigabyte_second = 10e-6
    express_gigabytes_billed = 0.5
    """
)
USAGE = Usage(
    body_bytes=100, write_units=2, lambda_requests=0.5, gigabyte_seconds=0.25, operations=0.05, state_bytes=3_000
)
COUNTED: dict[str, Any] = {
    "messages": 200,
    "orchestrator_invocations": 8,
    "service_invocations": {"storer": 2, "transformer": 2, "validator": 2},
    "handler_seconds": {"orchestrator": 4.0, "storer": 2.0, "transformer": 2.0, "validator": 0.0},
    "computing_seconds": {"orchestrator": 1.0, "storer": 2.0, "transformer": 0.0, "validator": 0.0},
    "operations": 10,
    "input_bytes": 100_000,
    "result_bytes": 20_000,
    "state_bytes": {"validate request": 40_000, "store request": 60_000},
    "log_bytes": 8_000,
}
SERIAL = COUNTED | {
    "messages": 10,
    "handler_seconds": {"orchestrator": 3.0, "storer": 1.0, "transformer": 1.0, "validator": 1.0},
    "computing_seconds": dict.fromkeys(COUNTED["computing_seconds"], 0.0),
}
ORDINARY = COUNTED | {
    "orchestrator_invocations": 0,
    "service_invocations": {"plain": 20},
    "handler_seconds": {"plain": 8.0},
    "computing_seconds": {"plain": 0.0},
    "operations": 0,
    "state_bytes": {},
}
FIGURES: dict[str, Any] = {
    "size": 100,
    "write_units": 2.0,
    "variants": {
        steady(variant.name): COUNTED if variant is OURS else SERIAL if variant.durable else ORDINARY for variant in ALL
    },
}


@pytest.fixture(autouse=True)
def _prices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.usage.PRICES", PRICES)


def test_each_part_is_what_a_million_messages_use_times_its_price() -> None:
    found = bill(USAGE)

    assert found == pytest.approx(
        {
            # A send, a tenth of a receive (10 messages of 100 bytes are one request of 1,000), a tenth of a delete.
            "sqs": 1.2,
            "dynamodb": 14.0,  # 2 x 7
            "lambda requests": 1.0,  # 0.5 x 2
            "lambda seconds": 0.75,  # 0.25 x 3
            "operations": 0.2,  # 0.05 x 4
            "state written": 15.0,  # 3 GB x 5
            "state retained": 8.4,  # 3 GB x 6, 14 days of 30
            "step functions": 0.0,
            "logs": 0.0,
        }
    )
    assert total(found) == pytest.approx(40.55)


def test_a_call_to_sqs_is_one_request_for_each_64_kb_of_it() -> None:
    # A send of 2,500 bytes: 3 requests. A receive of 10 x 2,500: 25, for ten messages. A delete: 1, for ten messages.
    assert bill(replace(USAGE, body_bytes=2_500))["sqs"] == pytest.approx(3 + 2.5 + 0.1)


def test_a_message_of_a_later_queue_is_sent_ten_at_a_time() -> None:
    # Two more queues: a tenth of a send, of a receive and of a delete each.
    assert bill(replace(USAGE, later_queues=2))["sqs"] == pytest.approx(1.2 + 2 * 0.3)
    assert usages(FIGURES)[QUEUES.name].later_queues == 2
    assert usages(FIGURES)[PLAIN_10.name].later_queues == 0


def test_the_counts_are_divided_by_the_messages() -> None:
    usage = Usage.measured(100, 2.0, COUNTED)

    assert usage.lambda_requests == pytest.approx(14 / 200)
    # The orchestrator has 1 GB, the services half of one. A core comes with 1,769 MB: what computes takes so many times
    # as long. The orchestrator waits 3 s, and computes 1 s; the storer computes 2 s; the transformer waits 2 s.
    orchestrator, storer, transformer = 3 + 1769 / 1024, 0.5 * 2 * 1769 / 512, 0.5 * 2
    assert usage.gigabyte_seconds == pytest.approx((orchestrator + storer + transformer) / 200)
    assert usage.operations == pytest.approx(0.05)
    assert usage.state_bytes == pytest.approx(500)
    # The event and the result of an execution may be counted as state.
    assert usage.with_event(COUNTED).state_bytes == pytest.approx(500 + 600)
    # 40 bytes a message, at 100 a GB.
    assert bill(usage.with_logs(COUNTED))["logs"] == pytest.approx(4.0)


def test_an_ordinary_function_has_half_a_gigabyte_and_no_operations() -> None:
    usage = usages(FIGURES)[PLAIN_100.name]

    assert usage.lambda_requests == pytest.approx(0.1)
    assert usage.gigabyte_seconds == pytest.approx(0.5 * 8 / 200)
    assert usage.operations == 0


def test_step_functions_take_three_transitions_an_execution_or_one_express_request() -> None:
    found = {name: one["step functions"] for name, one in bills(FIGURES).items()}

    # A hundred events of 1,100 bytes are one request of a pipe, as one alone is.
    assert found["Standard, per message"] == pytest.approx(3 * 8 + 11)
    assert found["Standard, 100 together"] == pytest.approx((3 * 8 + 11) / 100)
    # 0.3 seconds of half a gigabyte, at 10.
    assert found["Express, per message"] == pytest.approx(9 + 0.3 * 0.5 * 10 + 11)
    # A transition for the map of a hundred, and one for each child.
    assert found["distributed map, per message"] == pytest.approx(8 * 1.01 + 9 + 0.3 * 0.5 * 10 + 11 / 100)
    assert bills(FIGURES)["Standard, per message"]["operations"] == 0


def test_a_pipe_has_a_request_for_each_part_of_its_event() -> None:
    usage = Usage(body_bytes=200, write_units=1)

    # A hundred events of 1,200 bytes are 120,000 bytes, and 110,000 are a request.
    assert usage.on_step_functions(SERIAL, together=100, express=True).pipe_requests == pytest.approx(0.02)


def test_the_table_compares_with_the_floor_which_is_the_queue_and_the_write_and_nothing_else() -> None:
    rows = list(table(bills(FIGURES)))

    assert rows[2] == f"| floor | 1.200 | 14.000 |{' 0.000 |' * 7} **15.200** | 1.00 |"
    assert len({row.count("|") for row in rows}) == 1


def test_each_copy_of_a_body_has_its_dollars() -> None:
    # 300 bytes a message, 0.3 GB a million: written at 5, kept for 14 of 30 days at 6.
    assert list(written(FIGURES))[2] == "| store request | 300 | 2.340 |"


def test_state_is_kept_for_as_long_as_the_template_says() -> None:
    template = parse_template((REPOSITORY / "infra/template.yaml").read_text(encoding="utf-8"))

    assert template["Parameters"]["ExecutionRetentionDays"]["Default"] == RETENTION_DAYS
