from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError
from local_aws.event_source import switch
from local_aws.event_source.switch import Switch, state_file, state_in

if TYPE_CHECKING:
    from pathlib import Path


class FakeLambda:
    """Has a mapping in some state, unless it does not respond."""

    def __init__(self, state: str) -> None:
        self.state: str | None = state

    def get_event_source_mapping(self, UUID: str) -> dict[str, str]:  # noqa: N803 - boto3's name
        if self.state is None:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1")
        return {"State": self.state}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switch, "_LOOK_SECONDS", 0)


def switch_of(client: FakeLambda, file: Path) -> Switch:
    made: Any = Switch  # which knows the real client alone
    switch: Switch = made(client, "id", file)
    return switch


def test_the_file_says_what_was_said_last(tmp_path: Path) -> None:
    client, file = FakeLambda("Enabled"), state_file(tmp_path, "id")
    switch = switch_of(client, file)
    assert state_in(file) is None

    assert switch.is_on()
    assert state_in(file) == "Enabled"

    client.state = "Disabled"
    assert state_in(file) == "Enabled"
    assert not switch.is_on()
    assert state_in(file) == "Disabled"


@pytest.mark.parametrize("state", ["Enabled", "Disabled"])
def test_the_last_state_counts_while_lambda_does_not_answer(tmp_path: Path, state: str) -> None:
    client, file = FakeLambda(state), state_file(tmp_path, "id")
    switch = switch_of(client, file)
    before = switch.is_on()
    client.state = None

    assert switch.is_on() is before
    assert state_in(file) == state


def test_nothing_is_received_before_lambda_has_answered(tmp_path: Path) -> None:
    client, file = FakeLambda("Enabled"), state_file(tmp_path, "id")
    client.state = None

    assert not switch_of(client, file).is_on()
    assert state_in(file) is None
