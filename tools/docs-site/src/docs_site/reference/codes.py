"""The error codes: why a message is rejected, or fails."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_contracts import ErrorCode

from docs_site.reference.table import code, table

if TYPE_CHECKING:
    from collections.abc import Iterable

_FAILURES = "import json; from orchestrator.errors import FailureCode; print(json.dumps(list(FailureCode)))"


def rejected() -> list[str]:
    """Return a table of the codes with which a message can never succeed."""
    return _table(one.value for one in ErrorCode if not one.retryable)


def failed() -> list[str]:
    """Return a table of the codes with which a message may succeed later."""
    return _table((*(one.value for one in ErrorCode if one.retryable), *failure_codes()))


def failure_codes() -> list[str]:
    """Return the orchestrator's own codes, from its code, which runs in a separate environment."""
    asked = [os.environ["ORCHESTRATOR_PYTHON"], "-c", _FAILURES]
    printed = subprocess.run(asked, capture_output=True, text=True, check=True).stdout  # noqa: S603
    found: list[str] = json.loads(printed)
    return found


def meanings() -> dict[str, str]:
    """Return the meaning of each code."""
    text = Path(__file__).with_name("codes.toml").read_text("utf-8")
    return {name: str(meaning) for name, meaning in tomllib.loads(text).items()}


def _table(names: Iterable[str]) -> list[str]:
    listed, known = list(names), meanings()
    missing = [name for name in listed if name not in known]
    if missing:
        raise LookupError(f"codes.toml has no meaning for {', '.join(missing)}")
    return table(("code", "meaning"), [(code(name), known[name]) for name in listed])
