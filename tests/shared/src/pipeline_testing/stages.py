"""The stages of the pipeline, as the orchestrator exports them."""

from __future__ import annotations

import json
from typing import Any

from pipeline_testing.repository_copy import REPOSITORY

STAGES: list[dict[str, Any]] = json.loads((REPOSITORY / "services/orchestrator/pipeline.json").read_text("utf-8"))[
    "stages"
]

SERVICES = tuple(str(stage["service"]) for stage in STAGES)
"""In the order of their stages."""
