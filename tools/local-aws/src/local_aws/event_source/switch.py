"""The state of a mapping, which UpdateEventSourceMapping and deployments may change at any time."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_lambda import LambdaClient

ENABLED, DISABLED = "Enabled", "Disabled"

_LOGGER = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0


class Switch:
    """Asks Lambda for the state of a mapping, at most once per second."""

    def __init__(self, client: LambdaClient, uuid: str, file: Path) -> None:
        """Record in the file whether messages are received, that is, the last result of ``is_on``."""
        self._client = client
        self._uuid = uuid
        self._file = file
        self._on = False
        self._looks_again = 0.0

    def is_on(self) -> bool:
        """Return whether messages may be received; if Lambda does not respond, its last answer is used.

        It is called between two receives, so none is in progress when the file says that messages are not received.
        """
        if time.monotonic() >= self._looks_again:
            try:
                state = self._client.get_event_source_mapping(UUID=self._uuid)["State"]
            except (BotoCoreError, ClientError) as error:
                _LOGGER.warning("the state of the mapping is not known: %s", error)
            else:
                self._on = state == ENABLED
                self._keep(ENABLED if self._on else DISABLED)
            self._looks_again = time.monotonic() + _LOOK_SECONDS
        return self._on

    def _keep(self, state: str) -> None:
        if state_in(self._file) != state:
            _LOGGER.info("the mapping is %s", state)
            new = self._file.with_suffix(".new")
            new.write_text(state, encoding="utf-8")
            new.replace(self._file)


def state_file(run: Path, uuid: str) -> Path:
    """Return the file in the folder of a run that records whether the messages of a mapping are received."""
    return run / f"event-source-{uuid}.state"


def state_in(file: Path) -> str | None:
    """Read such a file; None if the mapping has not started yet."""
    return file.read_text(encoding="utf-8") if file.exists() else None
