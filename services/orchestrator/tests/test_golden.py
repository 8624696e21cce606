"""Executions that began on a released version can be gone on with on today's code.

On AWS an execution stays on its version. But a version that is deleted, or a fault that has to be fixed in executions
under way, leaves no other way; and whatever would break them is a change to make on purpose.

Each release keeps its history: RECORD_GOLDEN=1 ./nox -s "test(orchestrator)" -- -k golden
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from history import BATCHES, FOLDER, MovedError, go_on, keep, read
from orchestrator import handler, operations

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
VERSION = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["version"]
ADVICE = """
An execution of release {release} ({name}) that is in flight, after {done} of its {all} operations, would break:
{what}.
Keep the operation's name, kind and place, and do what is new after it or under a condition that executions in flight
do not meet. If it has to move, say so in the release: deploy it only when nothing is in flight
(EventSourceEnabled=false, then wait until the queue has no message in flight), and delete this file:
{path}
"""


@pytest.fixture(scope="module", autouse=True)
def recorded() -> None:
    if os.environ.get("RECORD_GOLDEN"):
        keep(VERSION)


def releases() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def check(release: str) -> None:
    """Go on from each state of each execution of a release; fails with what moved, and what to do."""
    for name, history in read(release).items():
        for state in history.states:
            at = {"release": release, "name": name, "done": len(state), "all": len(history.end)}
            try:
                failed = go_on(history, state)
            except MovedError as error:
                pytest.fail(ADVICE.format(**at, what=error, path=FOLDER / f"{release}.json"), pytrace=False)
            assert failed == list(history.failed), at


def test_this_version_has_kept_its_history() -> None:
    assert VERSION in releases(), f"release {VERSION} has no history: see the top of {__file__}"


@pytest.mark.parametrize("release", releases())
def test_an_execution_that_began_on_a_release_ends_on_todays_code(release: str) -> None:
    check(release)


def test_the_executions_of_this_version_have_met_everything() -> None:
    histories = read(VERSION)

    assert histories.keys() == BATCHES.keys()
    names = {operation.name for history in histories.values() for operation in history.end.values()}
    assert names >= {value for name, value in vars(operations).items() if name.isupper() and isinstance(value, str)}
    for history in histories.values():
        assert len(history.states) > 3, "it was never in flight"


@pytest.mark.parametrize("name", ["CHUNKS", "ISOLATE", "REDELIVER"])
def test_a_renamed_operation_is_found_and_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    before = getattr(operations, name)
    monkeypatch.setattr(operations, name, "renamed")

    with pytest.raises(pytest.fail.Exception) as failed:
        check(VERSION)

    assert f"'renamed' is where the release had {'STEP' if name == 'REDELIVER' else 'CONTEXT'} '{before}'" in str(
        failed.value
    )
    assert f"release {VERSION}" in str(failed.value)


def test_an_operation_that_is_left_out_is_found_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "redeliver", lambda *_: None)

    with pytest.raises(pytest.fail.Exception, match=f"STEP '{operations.REDELIVER}' is not done any more"):
        check(VERSION)
