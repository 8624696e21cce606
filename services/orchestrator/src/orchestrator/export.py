"""What tools, templates and documents need to know about the orchestrator, as JSON: they import no service.

`./nox -s export-stages` writes them to pipeline.json; a test compares the file with the code.
"""

from __future__ import annotations

import json

from orchestrator.bounds import OPERATIONS_OF_BATCH, check_time, operations_of_chunk, outage_seconds, worst_case_seconds
from orchestrator.quotas import EXECUTION_TIMEOUT_SECONDS, MAX_OPERATIONS, MAX_PAYLOAD_BYTES
from orchestrator.redelivery import OUTAGE_SECONDS, OWN_FAULT_SECONDS
from orchestrator.settings import LARGEST_CHUNK, SMALLEST_CHUNK
from orchestrator.sizes import FRAME_BYTES, overhead_bytes
from orchestrator.stages import STAGES


def exported() -> str:
    """Return the stages and the limits that follow from them, as JSON.

    Raises:
        ValueError: The stages may take longer than an execution has; see `check_time`.
    """
    check_time(STAGES)
    described = {
        "stages": [
            {
                "name": stage.name,
                "service": stage.service,
                "variable": stage.variable,
                "request": stage.request.__name__,
                "response": stage.response.__name__,
                "timeout_seconds": stage.timeout_seconds,
                "attempts": stage.attempts,
                "output_bytes": stage.output_bytes,
            }
            for stage in STAGES
        ],
        "execution_timeout_seconds": EXECUTION_TIMEOUT_SECONDS,
        "worst_case_seconds": worst_case_seconds(STAGES),
        "outage_seconds": outage_seconds(STAGES),
        "max_operations": MAX_OPERATIONS,
        "operations_of_batch": OPERATIONS_OF_BATCH,
        "operations_of_chunk": operations_of_chunk(STAGES),
        # A record is too large if its body as a JSON string, its ids and the overhead are more.
        "record_bytes": {
            "most": MAX_PAYLOAD_BYTES - FRAME_BYTES,
            "overhead": overhead_bytes(STAGES) + sum(stage.output_bytes for stage in STAGES),
        },
        "chunk_size": [SMALLEST_CHUNK, LARGEST_CHUNK],
        "redelivery_seconds": {"own_fault": OWN_FAULT_SECONDS, "outage": OUTAGE_SECONDS},
    }
    return json.dumps(described, indent=2)


if __name__ == "__main__":
    print(exported())
