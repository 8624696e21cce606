"""The setup of each function: JSON logs as Lambda writes them, and the patched SDK where the template asks for it."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime

_OWN_FIELDS = {*vars(logging.makeLogRecord({})), "message"}


class _JsonFormatter(logging.Formatter):
    """The fields of Lambda's JSON log format, and the extra fields of the durable logger."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "message": record.getMessage(),
        }
        return json.dumps(line | {key: value for key, value in vars(record).items() if key not in _OWN_FIELDS})


def prepare() -> None:
    """Set up the process of a function, once."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    if os.environ["SDK_PATCH"] == "true":
        from orchestrator.sdk_patch import patch

        patch()
