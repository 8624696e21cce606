"""Run the history of a real execution against this orchestrator: would it break executions in flight?

    python tests/replay_history.py FILE [--save NAME]

The exit status is 0 if not, 3 if it would, and 4 if there is no history that can be replayed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws_events import UnusableError
from aws_history import history_of
from history import FOLDER, as_text, write
from variables import VARIABLES

if TYPE_CHECKING:
    from history import History

PASSES, BREAKS, UNUSABLE = 0, 3, 4

MAX_SAVED_BYTES = 500_000
"""Files in tests/golden are reviewed by people, and replayed with every run of the tests."""


def main() -> int:
    """Run the command, and return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="what `aws lambda get-durable-execution-history` has printed")
    parser.add_argument("--save", metavar="NAME", help="keep the execution in tests/golden, as a test")
    options = parser.parse_args()
    verdict, sys.stdout = sys.stdout, sys.stderr  # the handler prints its log and its metrics
    try:
        history = history_of(_read(options.file))
        saved = f"\nSaved as {_save(options.save, history)}" if options.save else ""
        status, text = _replayed(history)
    except UnusableError as error:
        status, text, saved = UNUSABLE, str(error), ""
    print(text + saved, file=verdict)
    return status


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnusableError(f"it is not a JSON file: {error}") from error


def _save(name: str, history: History) -> Path:
    if not re.fullmatch("[a-z0-9][a-z0-9.-]*", name):
        raise UnusableError(f"{name!r} is not a valid file name: expected lower-case letters, digits, hyphens and dots")
    if (FOLDER / f"{name}.json").exists():
        raise UnusableError(f"{FOLDER / name}.json exists already: choose another name, or delete it")
    held = {"a real execution": history}
    if (size := len(as_text(held))) > MAX_SAVED_BYTES:
        raise UnusableError(
            f"it would be saved in {size:,} bytes; the maximum is {MAX_SAVED_BYTES:,}: save one with fewer messages"
        )
    return write(name, held)


def _replayed(history: History) -> tuple[int, str]:
    os.environ |= VARIABLES
    from continuation import ADVICE, MovedError, check  # the handler reads its variables when it is imported

    try:
        check(history)
    except MovedError as error:
        return BREAKS, f"An execution like this, {error}\n\n{ADVICE}"
    status = history.status.value
    ends = {"SUCCEEDED": "its end", "STARTED": "where it was when its history was downloaded"}
    return PASSES, (
        f"The code does the same {len(history.end)} operations, from each of {len(history.states)} points of the "
        f"execution to {ends.get(status, f'where it ended as {status}')}."
    )


if __name__ == "__main__":
    sys.exit(main())
