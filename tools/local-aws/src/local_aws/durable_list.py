"""ListDurableExecutionsByFunction: translates Lambda's request for dex-local-runner."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from local_aws.durable_invoke import function_and_qualifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from multidict import MultiMapping

LIST = re.compile(r"/2025-12-01/functions/([^/]+)/durable-executions/?")


def as_dex_lists(function: str, query: MultiMapping[str]) -> str:
    """Return the path and query for dex-local-runner; ``function`` is the name or ARN in the request's path.

    It finds functions only by bare name, filters by one status, reads times as numbers, and lists in the opposite order
    of AWS, which is newest first unless ``ReverseOrder`` is true.
    """
    asked = {key: value for key, value in query.items() if key != "Statuses"}
    asked["ReverseOrder"] = "false" if asked.get("ReverseOrder") == "true" else "true"
    for key in ("StartedAfter", "StartedBefore"):
        if key in asked:
            asked[key] = str(_seconds(asked[key]))
    if len(statuses := query.getall("Statuses", [])) == 1:
        asked["StatusFilter"] = statuses[0]
    name, _ = function_and_qualifier(function)
    return f"/2025-12-01/functions/{quote(name)}/durable-executions?{urlencode(asked)}"


def of_statuses(body: bytes, statuses: Sequence[str]) -> bytes:
    """Drop executions of other statuses; as on AWS, a page may be shorter than ``MaxItems``."""
    listed = json.loads(body)
    listed["DurableExecutions"] = [one for one in listed["DurableExecutions"] if one["Status"] in statuses]
    return json.dumps(listed).encode()


def _seconds(time: str) -> float:
    try:
        return float(time)
    except ValueError:
        moment = datetime.fromisoformat(time)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
