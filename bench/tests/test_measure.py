"""Measuring some messages, and comparing the designs."""

from __future__ import annotations

from typing import Any

import pytest
from bench.__main__ import FULL, QUICK, Rounds
from bench.comparison import as_json, steady, table
from bench.latency_on_aws import Latency
from bench.measure import Measurement
from bench.variants import ALL, LOOP, OURS, PLAIN_100, QUEUES

from bench import designs


def test_a_percentile_is_the_latency_that_so_many_do_not_exceed() -> None:
    measured = Measurement(latencies=[float(number) for number in range(100, 0, -1)])

    assert measured.percentile(0.5) == 51.0
    assert measured.percentile(0.99) == 100.0
    assert Measurement(latencies=[1.0]).percentile(0.99) == 1.0


def figures(size: int, seconds: float) -> dict[str, Any]:
    """Each variant has the same counts."""
    one = Measurement(messages=100, body_bytes=100 * size, seconds=seconds, latencies=[0.25] * 99 + [0.75])
    one.tally.orchestrator_invocations = 50
    variants: dict[str, Any] = {}
    for variant in ALL:
        for name in variant.functions:
            one.handler_seconds[name] = one.computing_seconds[name] = one.processor_seconds[name] = 0.0
    one.processor_seconds["MiniStack"] = 0.5
    for variant in ALL:
        variants |= {variant.name: as_json(variant, one), steady(variant.name): as_json(variant, one)}
    return {"size": size, "write_units": size / 100, "variants": variants, "measured": {"date": "", "machine": ""}}


def test_the_comparison_has_a_row_for_each_design() -> None:
    rows = list(table(figures(1_024, 2.0)))

    assert [row.split(" | ")[0].removeprefix("| ") for row in rows[4:]] == [variant.name for variant in ALL]
    # Half a second of processor time for a hundred messages.
    assert rows[4].endswith("| 50.0 | 50.0 | 0.25 s | 0.75 s | 0.500 | 0.000 | 0 | 5.00 |")


def test_the_designs_have_the_dollars_of_both_sizes_and_the_rates_of_the_large_messages() -> None:
    rows = list(designs.table(figures(1_000, 2.0), figures(100, 4.0)))

    # 0.48 dollars of SQS; a unit is 0.625 dollars, and there are one and ten of them.
    assert rows[4] == "| floor | 1.10 | 6.73 |  |  |  | 0.000 |"
    (plain,) = (row for row in rows if row.startswith(f"| {PLAIN_100.name} "))
    assert plain.endswith("| 50 | 0.25 s | 0.75 s | 0.500 |")
    assert len({row.count("|") for row in rows[2:]}) == 1


def test_a_design_that_was_not_measured_has_no_rate() -> None:
    (row,) = (row for row in designs.table(figures(1_000, 2.0), figures(100, 4.0)) if row.startswith("| Express, 100"))

    assert "|  |  |  | 0.030 |" in row


def test_the_summary_compares_with_one_function_and_the_loop() -> None:
    rows = list(designs.summary(figures(1_000, 2.0), figures(100, 4.0)))

    for variant in (OURS, PLAIN_100, LOOP):
        assert f"batches of {variant.batch_size}" in rows[0]
    assert "| messages per second with a backlog, two at once, emulated | 50.0 | 50.0 | 50.0 |" in rows


def test_the_alternatives_are_named_with_their_dollars_and_latency() -> None:
    lines = list(designs.alternatives(figures(1_000, 2.0), figures(100, 4.0), {"default": Latency(1.0, 0, {})}))

    assert [line.split(" cost ")[0] for line in lines[:2]] == [
        "A million messages of 100 bytes",
        "A million messages of 1,000 bytes",
    ]
    # 1.105 of the floor, 0.006 of three requests for a hundred messages, and 0.021 of Express and its pipe.
    assert lines[0].endswith(" and 1.13 with Express, 100 together.")
    # A second of window, and the poll.
    assert lines[2].endswith("takes 1.02 s with the parameters `default`.")


@pytest.mark.parametrize("rounds", [*FULL, *QUICK])
def test_a_round_has_full_batches_of_each_design(rounds: Rounds) -> None:
    assert Rounds(1, {LOOP: 2 * LOOP.batch_size + 1}).count(LOOP) == 3 * LOOP.batch_size
    assert set(rounds.messages) == set(ALL)
    for variant, messages in rounds.messages.items():
        assert rounds.count(variant) >= messages
        assert rounds.count(variant) % variant.batch_size == 0


@pytest.mark.parametrize("variant", ALL, ids=lambda variant: variant.name)
def test_the_queues_of_a_design_begin_with_that_which_is_sent_to(variant: Any) -> None:
    assert variant.queues[0] == variant.function
    assert len(variant.queues) == (len(variant.steps) if variant is QUEUES else 1)
