"""The logs of the parts, for those who follow messages."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from local_aws.durable_runner import runner_warnings
from local_aws.event_source.mapping_log import ALL_FAILED, FORMAT, Trouble, troubles
from local_aws.part_log import PartLog

if TYPE_CHECKING:
    from pathlib import Path


def test_a_log_is_read_on_from_where_the_last_look_ended(tmp_path: Path) -> None:
    file = tmp_path / "part.log"
    log = PartLog(file)
    assert log.new_lines() == []

    file.write_bytes("größe\nhalf a l".encode())
    assert log.new_lines() == ["größe"]
    assert log.new_lines() == []

    with file.open("ab") as written:
        written.write(b"ine \xff\n")
    assert log.new_lines() == ["half a line \ufffd"]


def test_the_warnings_and_errors_of_the_mapping_are_found(tmp_path: Path) -> None:
    logger = logging.getLogger("a mapping of a test")
    logger.propagate = False
    handler = logging.FileHandler(tmp_path / "part.log")
    handler.setFormatter(logging.Formatter(FORMAT))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)

    logger.info("deployed: all is well")
    logger.warning(ALL_FAILED, "one/execution", 2, "the execution is FAILED: {'ErrorMessage': 'no'}")
    logger.warning("an execution could not be started, next attempt in %.1f s: %s", 0.5, "it is not there")
    logger.error("a batch of %d messages could not be processed", 3, exc_info=ValueError("no"))
    handler.close()

    assert troubles(PartLog(tmp_path / "part.log").new_lines()) == [
        Trouble("the execution is FAILED: {'ErrorMessage': 'no'}", "one/execution"),
        Trouble("an execution could not be started, next attempt in 0.5 s: it is not there"),
        Trouble("a batch of 3 messages could not be processed"),
    ]


def test_the_warnings_of_the_durable_execution_service_are_found() -> None:
    frame = "2026-11-26 14:00:04,685 - aws_durable_execution_sdk_python_testing.executor - {} - {}"
    lines = [
        frame.format("INFO", "started"),
        frame.format("WARNING", "[one/execution] Invocation failed: broken at import"),
        "Traceback",
    ]

    assert runner_warnings(lines) == ["[one/execution] Invocation failed: broken at import"]
