from __future__ import annotations

import json

import pytest
from local_aws.event_source.response import WholeBatchFailedError, failed_messages

BATCH = {"a", "b", "c"}


@pytest.mark.parametrize("answer", [None, "", "null", "{}", '{"batchItemFailures": null}', '{"stored": 3}'])
def test_an_answer_without_failures_means_that_all_succeeded(answer: str | None) -> None:
    assert failed_messages(answer, BATCH) == set()


@pytest.mark.parametrize("named", ["", "a", "ac", "aa"])
def test_only_the_messages_that_are_named_failed(named: str) -> None:
    answer = json.dumps({"batchItemFailures": [{"itemIdentifier": name} for name in named]})

    assert failed_messages(answer, BATCH) == set(named)


@pytest.mark.parametrize(
    "answer",
    [
        "not JSON",
        '"a string"',
        "[]",
        "true",
        "0",
        '{"batchItemFailures": {}}',
        '{"batchItemFailures": "a"}',
        '{"batchItemFailures": ["a"]}',
        '{"batchItemFailures": [{}]}',
        '{"batchItemFailures": [null]}',
        '{"batchItemFailures": [{"itemIdentifier": ""}]}',
        '{"batchItemFailures": [{"itemIdentifier": null}]}',
        '{"batchItemFailures": [{"itemIdentifier": 1}]}',
        '{"batchItemFailures": [{"itemidentifier": "a"}]}',
        '{"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "of another batch"}]}',
    ],
)
def test_an_answer_that_cannot_be_understood_fails_the_whole_batch(answer: str) -> None:
    with pytest.raises(WholeBatchFailedError):
        failed_messages(answer, BATCH)
