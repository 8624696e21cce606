"""Reloading the toy: the changed parts, the unchanged parts, and the effect of a mistake in the source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from local_aws.errors import EmulatorError
from local_aws.reload.application import running_application
from local_aws.reload.watch import watch
from local_aws.testing.toy_application import body, executions_of, until
from reloadable_toy import ReloadableToy, reloadable_toy
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local_aws.reload.reloader import Reloaded


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReloadableToy]:
    with reloadable_toy(tmp_path_factory.mktemp("reload")) as toy:
        yield toy


@pytest.fixture
def kept(toy: ReloadableToy) -> Iterator[ReloadableToy]:
    """The toy, whose sources are restored and reloaded after the test."""
    files = {
        path: path.read_bytes()
        for folder in (toy.sources.functions, toy.sources.shared)
        for path in folder.iterdir()
        if path.is_file()
    }
    yield toy
    for path, content in files.items():
        path.write_bytes(content)
    toy.sources.released.unlink(missing_ok=True)
    assert not [reloaded.problem for reloaded in toy.reload("Judge", "Conveyor") if reloaded.problem]


def stored_item(toy: ReloadableToy, text: str = body("stored")) -> dict[str, Any]:
    """Send a message, and return its item."""
    (message,) = toy.send(text)
    until(lambda: toy.item(message) is not None, seconds=60)
    return toy.item(message) or {}


def test_new_code_answers_after_a_reload(kept: ReloadableToy) -> None:
    before = kept.versions()
    kept.sources.edit("judge.py", 'return "rejected"', 'return "stored"')
    kept.sources.edit("judge.py", "    return wish\n", '    return "rejected"\n')

    (reloaded,) = kept.reload("Judge")

    assert str(reloaded) == f"Judge: version {before['Judge'] + 1} is live"
    messages = kept.send(body("stored"))
    until(lambda: kept.settled(messages), seconds=60)
    assert kept.ends(messages) == ["rejected"]
    assert kept.versions() == before | {"Judge": before["Judge"] + 1}


def test_an_execution_in_flight_ends_on_the_version_that_it_began_with(kept: ReloadableToy) -> None:
    (held,) = kept.send(body("slow"))
    until(lambda: len(executions_of(kept.aws, held)) == 1, seconds=60)
    kept.sources.edit("conveyor.py", '"code": "1"', '"code": "2"')

    (reloaded,) = kept.reload("Conveyor")

    assert reloaded.is_new
    assert stored_item(kept)["code"] == "2"
    assert kept.item(held) is None
    kept.sources.released.touch()
    until(lambda: kept.item(held) is not None, seconds=60)
    assert (kept.item(held) or {})["code"] == "1"
    assert len(executions_of(kept.aws, held)) == 1


def test_queues_and_table_keep_what_is_in_them(kept: ReloadableToy) -> None:
    item = stored_item(kept)
    kept.send("not JSON")
    until(lambda: kept.depth(queue="InvalidMessageQueueUrl") == 1, seconds=60)
    # The execution deletes its message a little later.
    until(lambda: kept.depth() + kept.depth("NotVisible") == 0, seconds=60)
    url = kept.aws.outputs["DataProcessingDeadLetterQueueUrl"]
    kept.aws.endpoint.sqs().send_message(QueueUrl=url, MessageBody="dead")
    kept.sources.edit("conveyor.py", '"code": "1"', '"code": "2"')

    kept.aws.event_source.pause()
    (message,) = kept.send(body("stored"))
    kept.reload("Conveyor")

    # A receive that was in progress when the mapping was paused may have it.
    assert kept.depth() + kept.depth("NotVisible") == 1
    assert kept.depth(queue="InvalidMessageQueueUrl") == kept.depth(queue="DataProcessingDeadLetterQueueUrl") == 1
    assert kept.item(item["message_id"]) == item
    kept.aws.event_source.resume()
    until(lambda: kept.item(message) is not None, seconds=60)
    assert (kept.item(message) or {})["code"] == "2"


def test_a_syntax_error_is_shown_and_the_old_version_goes_on(kept: ReloadableToy) -> None:
    before = kept.versions()
    kept.sources.edit("judge.py", "    return wish\n", "    return wish wish\n")

    (reloaded,) = kept.reload("Judge")

    assert not reloaded.is_new
    text = (kept.sources.functions / "judge.py").read_text()
    line = text[: text.index("wish wish")].count("\n") + 1
    assert f"{kept.sources.functions}/judge.py, line {line}: invalid syntax: return wish wish" in str(reloaded.problem)
    assert kept.versions() == before
    stored_item(kept)


def test_a_build_that_fails_is_shown_with_its_log_and_the_other_function_goes_on(kept: ReloadableToy) -> None:
    before = kept.versions()
    kept.sources.edit("Makefile", "cp judge.py", "cp judges.py")
    kept.sources.edit("conveyor.py", '"code": "1"', '"code": "2"')

    judge, conveyor = kept.reload("Judge", "Conveyor")

    log = kept.aws.logs / "reload-Judge.log"
    assert f"the build of Judge failed with exit status 2. Its log is {log}" in str(judge.problem)
    assert "judges.py" in str(judge.problem)
    assert "judges.py" in log.read_text()
    assert conveyor.is_new
    assert kept.versions() == before | {"Conveyor": before["Conveyor"] + 1}


def test_what_is_built_as_before_is_no_new_version(toy: ReloadableToy) -> None:
    before = toy.versions()
    (toy.sources.functions / "notes.txt").write_text("are in no package")

    outcome = toy.reload("Judge", "Conveyor")

    expected = [f"{name}: version {version} is unchanged" for name, version in before.items()]
    assert [str(reloaded) for reloaded in outcome] == expected
    assert toy.versions() == before


def changed(watching: Iterator[list[Reloaded]]) -> list[Reloaded]:
    """Return the result of the next change."""
    return next(reloaded for reloaded in watching if reloaded)


def test_functions_that_are_saved_at_once_are_reloaded_once(kept: ReloadableToy) -> None:
    before, watching = kept.versions(), watch(kept.reloader, Console(quiet=True))
    next(watching)  # now it watches
    kept.sources.edit("judge.py", "    return wish\n", "    return str(wish)\n")
    kept.sources.edit("conveyor.py", '"code": "1"', '"code": "2"')
    kept.sources.edit("conveyor.py", '"code": "2"', '"code": "3"')

    outcome = changed(watching)

    assert [str(reloaded) for reloaded in outcome] == [f"{name}: version {before[name] + 1} is live" for name in before]
    assert stored_item(kept)["code"] == "3"
    assert kept.versions() == {name: version + 1 for name, version in before.items()}


def test_a_watch_goes_on_after_a_syntax_error(kept: ReloadableToy) -> None:
    watching = watch(kept.reloader, Console(quiet=True))
    next(watching)
    kept.sources.edit("conveyor.py", '"code": "1"', '"code": "2')
    assert all("line" in (reloaded.problem or "") for reloaded in changed(watching))

    kept.sources.edit("conveyor.py", '"code": "2', '"code": "2"')

    assert not [reloaded.problem for reloaded in changed(watching) if reloaded.problem]
    assert stored_item(kept)["code"] == "2"


def test_a_shared_file_reloads_all_functions(kept: ReloadableToy) -> None:
    before, watching = kept.versions(), watch(kept.reloader, Console(quiet=True))
    next(watching)
    (kept.sources.shared / "words.py").write_text('STORED = "rejected"\n')

    changed(watching)

    assert kept.versions() == {name: version + 1 for name, version in before.items()}
    kept.sources.released.touch()
    messages = kept.send(body("slow"))
    until(lambda: kept.settled(messages), seconds=60)
    assert kept.ends(messages) == ["rejected"]


def test_what_was_saved_before_the_watch_began_is_reloaded(kept: ReloadableToy) -> None:
    kept.sources.edit("conveyor.py", '"code": "1"', '"code": "2"')

    outcome = next(watch(kept.reloader, Console(quiet=True)))

    assert [reloaded.is_new for reloaded in outcome] == [False, True]
    assert next(watch(kept.reloader, Console(quiet=True))) == []


def test_tests_and_what_tools_write_are_no_source(toy: ReloadableToy) -> None:
    watching = watch(toy.reloader, Console(quiet=True))
    next(watching)
    for name in ("tests", "__pycache__", ".pytest_cache"):
        folder = toy.sources.functions / name
        folder.mkdir()
        (folder / "test_judge.py").write_text("not Python")

    assert next(watching) == []
    (toy.sources.functions / "notes.txt").write_text("are watched, and in no package")
    assert not any(reloaded.is_new or reloaded.problem for reloaded in changed(watching))


def test_a_name_that_nothing_has_is_refused_with_those_that_there_are(toy: ReloadableToy) -> None:
    with pytest.raises(EmulatorError, match="there is no jury to reload, only Judge, Conveyor, shared"):
        toy.reloader.named(["Judge", "jury"])
    assert [function.label for function in toy.reloader.named(["shared"])] == ["Judge", "Conveyor"]
    assert [function.label for function in toy.reloader.named(["toy-toy-judge"])] == ["Judge"]


def test_where_nothing_runs_nothing_is_reloaded(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match=f"no emulated AWS is running in {tmp_path}"):
        running_application(tmp_path)
