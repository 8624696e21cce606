"""AWS's quotas that shape the code.

Durable execution: https://docs.aws.amazon.com/lambda/latest/dg/durable-quotas.html
"""

from __future__ import annotations

MAX_PAYLOAD_BYTES = 1_048_576
"""UTF-8 bytes of a chained invoke's request, and of its response."""

MAX_OPERATIONS = 3_000
"""Operations of one execution."""

EXECUTION_TIMEOUT_SECONDS = 840
"""`ExecutionTimeout` in the orchestrator's template; an event source mapping gives the whole execution 900 s."""
