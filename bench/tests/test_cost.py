"""The arithmetic of the cost model, against cases that were computed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from bench.cost import Usage, bill, bills, copies, table
from bench.prices import Prices

# Prices that are easy to reckon with, each of them different.
PRICES = Prices(
    on=date(2026, 1, 1),
    sqs_request=1e-6,
    bytes_of_sqs_request=1_000,
    lambda_request=2e-6,
    lambda_gigabyte_second=3e-6,
    operation=4e-6,
    gigabyte_written=5.0,
    gigabyte_month=6.0,
    write_unit=7e-6,
    transition=8e-6,
    express_request=9e-6,
    express_gigabyte_second=10e-6,
    express_gigabytes=0.5,
    pipe_request=11e-6,
    object_write=12e-6,
    object_read=13e-6,
)
USAGE = Usage(
    body_bytes=100, write_units=2, lambda_requests=0.5, gigabyte_seconds=0.25, operations=0.05, state_bytes=3_000
)
FIGURES: dict[str, Any] = {
    "measured": {"date": "2026-01-01"},
    "kind": "orders",
    "size": 100,
    "write_units": 2.0,
    "variants": {
        "ours, a batch at a time": {
            "messages": 200,
            "orchestrator_invocations": 8,
            "service_invocations": {"storer": 2, "transformer": 2, "validator": 2},
            "handler_seconds": {"orchestrator": 4.0, "storer": 2.0, "transformer": 2.0, "validator": 0.0},
            "computing_seconds": {"orchestrator": 1.0, "storer": 2.0, "transformer": 0.0, "validator": 0.0},
            "operations": 10,
            "input_bytes": 100_000,
            "result_bytes": 20_000,
            "state_bytes": {"validate request": 40_000, "store request": 60_000},
        },
        "loop, a batch at a time": {
            "messages": 10,
            "orchestrator_invocations": 32,
            "service_invocations": {"storer": 10, "transformer": 10, "validator": 10},
            "handler_seconds": {"orchestrator": 3.0, "storer": 1.0, "transformer": 1.0, "validator": 1.0},
            "computing_seconds": {"orchestrator": 0.0, "storer": 0.0, "transformer": 0.0, "validator": 0.0},
            "operations": 32,
            "input_bytes": 5_000,
            "result_bytes": 0,
            "state_bytes": {"validate request": 2_000},
        },
    },
}


def test_each_part_is_what_a_million_messages_use_times_its_price() -> None:
    found = bill(USAGE, PRICES, retention_days=15)

    # A send, a tenth of a receive (10 messages of 100 bytes are one request of 1,000), a tenth of a delete.
    assert found.sqs == pytest.approx(1.2)
    assert found.dynamodb == pytest.approx(14.0)  # 2 x 7
    assert found.lambda_requests == pytest.approx(1.0)  # 0.5 x 2
    assert found.lambda_seconds == pytest.approx(0.75)  # 0.25 x 3
    assert found.operations == pytest.approx(0.2)  # 0.05 x 4
    assert found.state_written == pytest.approx(15.0)  # 3 GB x 5
    assert found.state_retained == pytest.approx(9.0)  # 3 GB x 6, half a month
    assert found.step_functions == 0
    assert found.total == pytest.approx(41.15)


def test_a_call_to_sqs_is_one_request_for_each_64_kb_of_it() -> None:
    # A send of 2,500 bytes: 3 requests. A receive of 10 x 2,500: 25, for ten messages. A delete: 1, for ten messages.
    assert bill(replace(USAGE, body_bytes=2_500), PRICES).sqs == pytest.approx(3 + 2.5 + 0.1)


def test_messages_that_are_sent_together_share_a_request() -> None:
    # Ten messages of 100 bytes in a send of 1,000.
    assert bill(replace(USAGE, sent_together=10), PRICES).sqs == pytest.approx(0.1 + 0.1 + 0.1)


def test_the_counts_are_divided_by_the_messages() -> None:
    usage = Usage.measured(100, 2.0, FIGURES["variants"]["ours, a batch at a time"], with_event=False)

    assert usage.lambda_requests == pytest.approx(14 / 200)
    # The orchestrator has 1 GB, the services half of one. A core comes with 1,769 MB: what computes takes so many times
    # as long. The orchestrator waits 3 s, and computes 1 s; the storer computes 2 s; the transformer waits 2 s.
    orchestrator, storer, transformer = 3 + 1769 / 1024, 0.5 * 2 * 1769 / 512, 0.5 * 2
    assert usage.gigabyte_seconds == pytest.approx((orchestrator + storer + transformer) / 200)
    assert usage.operations == pytest.approx(0.05)
    assert usage.state_bytes == pytest.approx(500)


def test_the_event_and_the_result_of_an_execution_may_be_counted_as_state() -> None:
    usage = Usage.measured(100, 2.0, FIGURES["variants"]["ours, a batch at a time"], with_event=True)

    assert usage.state_bytes == pytest.approx(500 + 600)


def test_step_functions_take_three_transitions_an_execution_or_one_express_request() -> None:
    found = bills(FIGURES, PRICES)

    assert found["Standard, a message"].step_functions == pytest.approx(3 * 8 + 11)
    assert found["Standard, 100 together"].step_functions == pytest.approx((3 * 8 + 11) / 100)
    # 0.3 seconds of half a gigabyte, at 10.
    assert found["Express, a message"].step_functions == pytest.approx(9 + 0.3 * 0.5 * 10 + 11)
    assert found["Standard, a message"].operations == 0


def test_the_floor_is_the_queue_and_the_write_and_nothing_else() -> None:
    floor = bills(FIGURES, PRICES)["floor"]

    assert floor.total == pytest.approx(floor.sqs + floor.dynamodb) == pytest.approx(1.2 + 14)


def test_the_table_has_every_part_the_total_and_how_many_times_the_floor_it_is() -> None:
    rows = list(table(bills(FIGURES, PRICES)))

    assert rows[2].startswith("| floor | 1.200 | 14.000 |")
    assert rows[2].endswith("| **15.200** | 1.00 |")
    assert len({row.count("|") for row in rows}) == 1


def test_each_copy_of_a_body_has_its_dollars() -> None:
    rows = list(copies(FIGURES, PRICES))

    # 300 bytes a message, 0.3 GB a million: written at 5, kept for 7 of 30 days at 6.
    assert rows[2] == "| store request | 300 | 1.920 |"


def test_the_price_file_has_every_price_and_a_source_for_each() -> None:
    prices = Prices.read()

    assert prices.operation == pytest.approx(8 / 1e6)
    assert prices.lambda_gigabyte_second == pytest.approx(0.0000133334)
