"""What a load needs, against cases that were computed by hand."""

from __future__ import annotations

import pytest
from bench.capacity import Load, Quotas, breaks_first, by_batch_size, capacity, main, table

LOAD = Load(rate=100_000, batch_size=1_000, message_bytes=1_024, batch_seconds={1_000: 2.0}, write_units=2.0)


def test_a_load_is_divided_into_batches_and_chunks() -> None:
    need = capacity(LOAD)

    assert need.batch == 1_000
    assert need.executions_a_second == pytest.approx(100)
    assert need.executions == 200  # two seconds each
    assert need.invocations == 2_000  # ten chunks each
    assert need.messages_in_flight == 300_000  # two seconds, and one in which the batch fills up
    assert need.write_units == pytest.approx(200_000)
    assert need.operations == 32
    assert need.queues == 3  # 120,000 messages in flight each
    assert need.tables == 5  # 40,000 write units each
    assert need.accounts == 2  # 1,000 invocations at once each
    assert need.minutes == pytest.approx((200 / 3 - 5) / 300)


def test_a_slow_producer_fills_no_batch() -> None:
    need = capacity(Load(rate=3, batch_size=100))

    assert (need.batch, need.executions_a_second, need.executions) == (3, 1.0, 1)
    assert need.operations == 4  # no map for a single chunk


def test_a_batch_ends_at_six_megabytes() -> None:
    # 6,291,456 / (50,000 + 1,000) = 123.4
    assert capacity(Load(rate=10_000, batch_size=1_000, message_bytes=50_000)).batch == 123


@pytest.mark.parametrize(("batch", "seconds"), [(1, 0.5), (10, 0.5), (11, 2.0), (1_000, 2.0), (3_000, 6.0)])
def test_a_batch_takes_the_time_of_the_next_larger_one_or_in_proportion_to_the_largest(
    batch: int, seconds: float
) -> None:
    assert Load(1, batch_seconds={1_000: 2.0, 10: 0.5}).seconds(batch) == seconds


def test_times_of_batches_are_read_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--batch-seconds", "10=0.5", "1000=2", "--rates", "10"])

    # 1,000 invocations at once of ten messages each, in half a second.
    assert "| 10 | 3,000 | 20,000 | 20,000 |" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["0.5", "0=0.5", "100=0", "100=", "ten=1"])
def test_a_time_that_is_not_one_of_a_batch_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--batch-seconds", text])

    assert f"--batch-seconds: '{text}' is not BATCH=SECONDS" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("batch", "chunks", "expected"),
    [
        (1, 1, "executions started a second, at 300/s"),  # 300 x 1, and 1,000 x 1 / 2 = 500
        (10, 1, "executions started a second, at 3,000/s"),
        (1_000, 10, "table writes, at 20,000/s"),  # 40,000 / 2; concurrency would be 50,000
    ],
)
def test_the_quota_with_the_lowest_ceiling_breaks_first(batch: int, chunks: int, expected: str) -> None:
    assert breaks_first(LOAD, batch, chunks, Quotas()) == expected


def test_an_execution_that_is_too_large_breaks_by_itself() -> None:
    assert breaks_first(LOAD, 1_000, 1_000, Quotas()) == "one execution's own quotas"


def test_the_tables_have_as_many_cells_in_each_row() -> None:
    for rows in (list(table([LOAD])), list(by_batch_size(LOAD))):
        assert len({row.count("|") for row in rows}) == 1
