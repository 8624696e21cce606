"""What a function's answer means for the messages of its batch.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet


class WholeBatchFailedError(Exception):
    """The answer does not say which messages failed, so that all of them count as failed."""


def failed_messages(answer: str | None, batch: AbstractSet[str]) -> set[str]:
    """Give the ids of the messages that the function reports as failed.

    No answer, an empty one, and one without failures mean that all succeeded. An answer that cannot be understood,
    or that names a message which is not in the batch, raises WholeBatchFailedError: deleting on a guess would lose
    messages.
    """
    if not answer:
        return set()
    try:
        response = json.loads(answer)
    except ValueError as error:
        raise WholeBatchFailedError(f"the answer is not JSON: {error}") from error
    if response is None:
        return set()
    if not isinstance(response, dict):
        raise WholeBatchFailedError(f"the answer is a {type(response).__name__}, not an object")
    failures = response.get("batchItemFailures")
    if failures is None:
        return set()
    if not isinstance(failures, list):
        raise WholeBatchFailedError(f"batchItemFailures is a {type(failures).__name__}, not a list")
    return {_identifier(failure, batch) for failure in failures}


def _identifier(failure: object, batch: AbstractSet[str]) -> str:
    identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
    if not isinstance(identifier, str) or not identifier:
        raise WholeBatchFailedError(f"{failure!r} in batchItemFailures has no itemIdentifier")
    if identifier not in batch:
        raise WholeBatchFailedError(f"itemIdentifier {identifier!r} is not a message of the batch")
    return identifier
