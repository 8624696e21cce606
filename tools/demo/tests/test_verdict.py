"""When the demo counts as a success, as a user runs it, with the toy as the repository's pipeline."""

from __future__ import annotations

import json
from pathlib import Path

from commands import demo, run_folders
from conftest import toy_repository
from pipeline_demo.lines import Line, NotSent
from pipeline_demo.outcome import Outcome, Place, TrackedMessage
from pipeline_demo.sending import SentMessage
from pipeline_demo.verdict import Expected
from pipeline_testing.bodies import body

# An execution that fails leaves its messages to the visibility timeout; a busy machine needs time for one.
DEAD_SOON = ("VisibilityTimeoutSeconds=30", "ExecutionTimeoutSeconds=25", "MaxReceiveCount=1")
PARAMETERS = [word for pair in DEAD_SOON for word in ("--parameter", pair)]


def written(folder: Path, *lines: str) -> str:
    path = folder / "input.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)


def outcomes(report: Path) -> list[str]:
    return [entry["outcome"] for entry in json.loads(report.read_text())["messages"]]


def test_a_waiting_message_that_becomes_a_dead_letter_is_reported_with_its_reason_and_logs(
    repository: Path, tmp_path: Path
) -> None:
    file = written(tmp_path, '{"outcome": "crash", "text": "\\u001b[2J"}')
    parameters = ("--parameter", "VisibilityTimeoutSeconds=30", "--parameter", "MaxReceiveCount=2")

    status, output, errors = demo(repository, "--input", file, *parameters)

    assert status == 1, errors
    told = "1 message failed and waits for redelivery, within 30 s: execution_died: the execution is FAILED: "
    waiting, _, ended = output.partition(" line  outcome")
    assert waiting.count(told) >= 1
    assert "The logs are kept in " in waiting
    assert "failed 0  waiting 1" in waiting
    assert "1 sent = 0 stored + 0 rejected + 1 dead letters" in ended
    (dead,) = [line for line in ended.splitlines() if line.startswith("line 1 is a dead letter: ")]
    assert "the execution is FAILED: " in dead
    assert "asked to crash" in dead


def test_dead_letters_may_be_allowed_and_the_logs_of_what_failed_are_kept(repository: Path, tmp_path: Path) -> None:
    file = written(tmp_path, '{"outcome": "failed"}', '{"outcome": "stored"}')

    status, output, errors = demo(repository, "--input", file, "--allow-dead-letters", *PARAMETERS)

    assert status == 0, errors
    assert "2 sent = 1 stored + 0 rejected + 1 dead letters" in output
    assert "judge, undecided: the judge wants to see it again" in " ".join(output.split())  # the table folds it
    logs = Path(output.partition("The logs are kept in ")[2].splitlines()[0])
    assert (logs / "event-source.log").is_file()


def test_the_samples_have_to_end_as_expected(tmp_path: Path) -> None:
    repository = toy_repository(tmp_path)
    samples = repository / "tools/demo/samples"
    (samples / "messages.jsonl").write_text('{"outcome": "stored"}\n{"outcome": "stored"}\n\nnot JSON\n')

    status, output, errors = demo(repository)

    assert status == 1, errors
    assert "line 2 was expected to be rejected, but is stored" in output
    assert "line 4 was expected to be stored, but is rejected: judge, unwanted: the judge does not want it" in output
    assert "3 sent = 2 stored + 1 rejected + 0 dead letters" in output
    assert "The logs are kept in " in output


def test_samples_without_an_expected_outcome_each_are_refused(tmp_path: Path) -> None:
    repository = toy_repository(tmp_path)
    (repository / "tools/demo/samples/expected.txt").write_text("stored\n")

    status, output, errors = demo(repository)

    assert (status, output) == (1, "")
    assert "expected.txt needs an outcome for each of 3 lines, and has 1" in errors
    assert not run_folders(repository)


def test_other_data_under_a_stored_key_is_lost_and_other_metadata_is_not(repository: Path, tmp_path: Path) -> None:
    keyed = {"outcome": "stored", "idempotency_key": "k", "rows": 1.5}
    bodies = [body(**keyed), body(**keyed, metadata={"attempt": "2"}), body(**keyed | {"rows": 2})]
    report = tmp_path / "report.json"

    file = written(tmp_path, *bodies)
    status, output, errors = demo(repository, "--input", file, "--report", str(report), "--allow-dead-letters")

    assert status == 1, errors
    assert outcomes(report) == ["stored", "stored", "lost"]
    assert "3 sent ≠ 2 stored + 0 rejected + 0 dead letters + 1 lost" in output
    assert "with the same idempotency_key, holds other data, and it is in no queue" in output


def test_a_run_of_which_nothing_could_be_sent_is_a_failure() -> None:
    refusal = NotSent(Line(1, "?"), "AccessDenied: no")

    assert list(Expected().differences([], [refusal])) == ["no message was sent"]
    assert list(Expected().differences([], [])) == []


def test_a_sample_may_be_expected_to_be_a_dead_letter() -> None:
    def ended(outcome: Outcome) -> list[str]:
        message = SentMessage(Line(1, "{}"), "a", 0.0)
        tracked = TrackedMessage(message, "local-esm-a", [Place(outcome, "local-esm-a", 1.0)])
        return list(Expected({1: Outcome.FAILED}).differences([tracked], []))

    assert ended(Outcome.FAILED) == []
    assert ended(Outcome.STORED) == ["line 1 was expected to be failed, but is stored"]
