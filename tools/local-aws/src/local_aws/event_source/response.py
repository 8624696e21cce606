"""Interpreting a function's response for the messages of its batch.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet


class WholeBatchFailedError(Exception):
    """The response does not say which messages failed, so all of them count as failed."""


def failed_messages(answer: str | None, batch: AbstractSet[str]) -> set[str]:
    """Return the ids of the messages that the function reports as failed.

    No response, an empty one, and one without failures mean that all succeeded. A response that cannot be understood,
    or that names a message outside the batch, raises WholeBatchFailedError: deleting on a guess would lose
    messages.
    """
    try:
        response = json.loads(answer or "null")
        failures = None if response is None else response.get("batchItemFailures")
        failed = {failure["itemIdentifier"] for failure in failures or ()}
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise WholeBatchFailedError(f"the answer cannot be understood: {error!r}") from error
    if not isinstance(failures, list | None):
        raise WholeBatchFailedError(f"batchItemFailures is a {type(failures).__name__}, not a list")
    if not failed <= batch:
        raise WholeBatchFailedError(f"itemIdentifiers {failed - batch} are not messages of the batch")
    return failed
