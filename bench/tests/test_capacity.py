"""The needs of a load, compared with cases computed by hand."""

from __future__ import annotations

import pytest
from bench.capacity import Load, main, tables

LOAD = Load(rate=100_000, batch_size=1_000, message_bytes=1_024, batch_seconds={1_000: 2.0}, write_units=2.0)


def test_a_load_is_divided_into_batches_and_chunks() -> None:
    assert LOAD.batch == 1_000
    assert LOAD.executions == 200  # a hundred a second, two seconds each
    assert LOAD.invocations == 2_000  # ten chunks each
    assert LOAD.in_flight == 300_000  # two seconds, and one in which the batch fills up
    assert LOAD.queues == 3  # 120,000 messages in flight each
    assert LOAD.tables == 5  # 40,000 write units each
    assert LOAD.accounts == 2  # 1,000 invocations at once each
    assert LOAD.minutes == pytest.approx((200 / 3 - 5) / 300)


@pytest.mark.parametrize(
    ("load", "batch"),
    [
        (Load(rate=3, batch_size=100), 3),  # those of the window of a second
        (Load(rate=10_000, batch_size=1_000, message_bytes=50_000), 123),  # 6,291,456 / (50,000 + 1,000) = 123.4
    ],
)
def test_a_batch_ends_with_its_window_or_at_six_megabytes(load: Load, batch: int) -> None:
    assert load.batch == batch


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
    ("batch_size", "chunk_size", "expected"),
    [
        (1, 100, "executions started per second, at 300/s"),  # 300 x 1, and 1,000 x 1 / 2 = 500
        (10, 100, "executions started per second, at 3,000/s"),
        (1_000, 100, "table writes, at 20,000/s"),  # 40,000 / 2; concurrency would be 50,000
        (1_000, 1, "one execution's own quotas"),
    ],
)
def test_the_quota_with_the_lowest_ceiling_breaks_first(batch_size: int, chunk_size: int, expected: str) -> None:
    load = Load(100_000, batch_size, chunk_size, batch_seconds={1_000: 2.0})

    assert load.breaks_first() == expected


def test_the_tables_have_as_many_cells_in_each_row() -> None:
    for title in ("| batch |", "| messages/s |"):
        lines = list(tables(LOAD))
        start = next(index for index, line in enumerate(lines) if line.startswith(title))
        assert len({line.count("|") for line in lines[start : start + 6]}) == 1
