"""Attributing samples to functions."""

from __future__ import annotations

from collections import Counter

from bench.profile import looks, table

CODE = "/run/ministack-lambda-bench-durable-pipeline-storer-x1"
WORKER = f"<module> ({CODE}/_worker.py:134)"
PUT = f"{WORKER};DynamoDBTable.put_new ({CODE}/storer/adapters.py:99);_api_call ({CODE}/botocore/client.py:597)"


def test_the_time_of_a_library_counts_for_its_caller() -> None:
    assert looks(f"{PUT} 3\n{PUT};sign ({CODE}/botocore/auth.py:1) 2\n{WORKER} 1\nrun (/lib/threading.py:982) 4\n") == {
        "storer/adapters.py DynamoDBTable.put_new": 5,
        "_worker.py <module>": 1,
        "elsewhere": 4,
    }


def test_the_part_that_takes_most_comes_first() -> None:
    found = {"storer": Counter({"put": 3, "parse": 1}), "MiniStack": Counter({"elsewhere": 9})}

    assert list(table(1_000, {"storer": 2.0, "MiniStack": 3.0}, found)) == [
        "MiniStack: 3.00 ms of processor time per message",
        "storer: 2.00 ms of processor time per message",
        "    75%  put",
        "    25%  parse",
    ]
