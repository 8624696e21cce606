"""Executions that began on a released version can be continued with the current code.

On AWS, an execution stays on its version. But a deleted version, or a fault that has to be fixed in executions in
flight, leaves no other way; so a change that would break them must be made on purpose.

One kind of execution of 2.0.0 cannot continue: it isolates more than 25 records, which 2.1.0 does in groups. Drain the
pipeline before its version is deleted.

Each release keeps its history: RECORD_GOLDEN=1 ./nox -s "test(orchestrator)" -- -k golden
The other files are executions that somebody has saved: python tests/replay_history.py FILE --save NAME
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import continuation
import pytest
from continuation import ADVICE, MovedError
from history import FOLDER, read, write
from orchestrator import handler, operations
from recorder import BATCHES, record

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
VERSION = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["version"]


@pytest.fixture(scope="module", autouse=True)
def recorded() -> None:
    if os.environ.get("RECORD_GOLDEN"):
        write(VERSION, {name: record(*batch).history for name, batch in BATCHES.items()})


def files() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def check(file: str) -> None:
    """Continue each execution of a file; fails with what moved, and what to do."""
    for name, history in read(file).items():
        try:
            continuation.check(history)
        except MovedError as error:
            path = FOLDER / f"{file}.json"
            pytest.fail(
                f"An execution of {file} ({name}), {error}\n\n{ADVICE}\nThen delete this file: {path}", pytrace=False
            )


def test_this_version_has_kept_its_history() -> None:
    assert VERSION in files(), f"release {VERSION} has no history: see the top of {__file__}"


@pytest.mark.parametrize("file", files())
def test_an_execution_of_the_past_ends_on_todays_code(file: str) -> None:
    check(file)


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

    kind = "STEP" if name == "REDELIVER" else "CONTEXT"
    assert f"{kind} 'renamed' is where the history has {kind} '{before}'" in str(failed.value)
    assert f"{VERSION} (" in str(failed.value)


def test_an_operation_that_is_left_out_is_found_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "redeliver", lambda *_: None)

    with pytest.raises(pytest.fail.Exception, match=f"STEP '{operations.REDELIVER}' is not done any more"):
        check(VERSION)
