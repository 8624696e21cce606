"""Logs and metrics identify a message and its error, and contain none of its values and keys."""

from __future__ import annotations

import importlib
import io
import json
import logging
import math
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from pipeline_fuzz.own_model import BREAKS_THE_MODEL
from pipeline_testing.bodies import EXAMPLE, REQUIRED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline_fuzz.whole import Whole

SECRET = "the-secret"  # noqa: S105 - a value to be found again
CONTROLS = "\u0085\u2028\u009b\x1b[31m"
KEY = f"{SECRET}{CONTROLS}"
MAX_LINE = 2_000

GOOD = {**EXAMPLE, "note": SECRET}


def good_and(member: str) -> str:
    """Write a valid body with another member, unchanged."""
    return f"{json.dumps(GOOD)[:-1]}, {member}}}"


BAD = {
    "not JSON": (f'{{"note": "{SECRET}", ', "not_json", "is not JSON"),
    "an empty body": (" ", "not_json", "it is empty"),
    "a list": (f'["{SECRET}"]', "not_an_object", "not an array"),
    "a string": (f'"{SECRET}"', "not_an_object", "not a string"),
    "a number": ("42", "not_an_object", "not a number"),
    "null": ("null", "not_an_object", "not null"),
    "a missing field": (json.dumps({"note": SECRET}), "missing_field", f"{REQUIRED[0]}: Field required"),
    "a blank key": (good_and('"idempotency_key": ""'), "blank_field", "idempotency_key: must not be blank"),
    "a long key": (good_and(f'"idempotency_key": "{SECRET * 30}"'), "too_long", "idempotency_key: "),
    "a number for a key": (
        good_and('"idempotency_key": 5'),
        "wrong_type",
        "idempotency_key: Input should be a valid string",
    ),
    "a rule": (good_and('"refused": "own_code"'), "own_code", "refused: is refused"),
    "a list for metadata": (good_and(f'"metadata": ["{SECRET}"]'), "wrong_type", "metadata: Input should be an object"),
    "a number in metadata": (
        good_and('"metadata": {"n": 1}'),
        "wrong_type",
        'metadata."n": Input should be a valid string',
    ),
    "51 entries of metadata": (
        good_and(f'"metadata": {json.dumps({f"{SECRET}{n}": SECRET for n in range(51)})}'),
        "too_long",
        "metadata: Dictionary should have at most 50 items",
    ),
    "NaN": (good_and('"n": NaN'), "not_finite", "has NaN"),
    "Infinity": (good_and('"n": -Infinity'), "not_finite", "has -Infinity"),
    "39 digits": (good_and(f'"n": {"9" * 39}'), "number_out_of_range", "at most 38 digits"),
    "a number too large": (good_and('"n": 1e126'), "number_out_of_range", "9.99E+125"),
    "33 levels": (good_and(f'"n": {"[" * 32}{"]" * 32}'), "nested_too_deeply", "32 levels"),
    "a number on the 33rd level": (good_and(f'"n": {"[" * 31}1{"]" * 31}'), "nested_too_deeply", "32 levels"),
    "41 levels": (good_and(f'"n": {"[" * 40}"{SECRET}"{"]" * 40}'), "nested_too_deeply", "32 levels"),
    "a lone surrogate": (good_and(f'"n": "{SECRET}\\ud800"'), "lone_surrogate", "\\ud800"),
    "a duplicate key": (good_and(f'"note": "{SECRET}"'), "duplicate_key", 'has the key "note" twice'),
    "an item past 400 KB": (good_and(f'"n": "{SECRET}{"x" * 420_000}"'), "not_storable", "size"),
    "a body of 1 MiB": (good_and(f'"n": "{SECRET}{"x" * 1_048_000}"'), "message_too_large", "1,048,576"),
}


@dataclass(frozen=True)
class Written:
    """The output of the functions and of the libraries in them, at INFO."""

    lines: io.StringIO
    capture: pytest.CaptureFixture[str]

    def check(self) -> str:
        """Check that it contains nothing of a producer's and no terminal control characters; return it."""
        logged = self.lines.getvalue()
        out, err = self.capture.readouterr()
        for line in logged.splitlines():
            json.loads(line)
            assert len(line) < MAX_LINE
        everything = logged + out + err
        assert everything.isascii()
        assert SECRET not in everything
        assert BREAKS_THE_MODEL not in everything
        return logged


@pytest.fixture
def log(whole: Whole, capfd: pytest.CaptureFixture[str]) -> Iterator[Written]:
    """Capture what each function would write in its own process; libraries use the format of the orchestrator."""
    from pipeline_fuzz.whole import FUNCTIONS

    lines = io.StringIO()
    loggers = [importlib.import_module(f"{function}.handler").logger for function in FUNCTIONS]
    level = loggers[0].log_level
    streams = [logger.registered_handler.setStream(lines) for logger in loggers]
    of_libraries = logging.StreamHandler(lines)
    of_libraries.setFormatter(loggers[0].registered_formatter)
    # The runner stands for the durable service, which writes into no log of ours.
    of_libraries.addFilter(lambda record: not record.name.startswith("aws_durable_execution_sdk_python_testing"))
    root = logging.getLogger()
    before = root.level
    root.addHandler(of_libraries)
    for logger in (root, *loggers):
        logger.setLevel(logging.INFO)
    yield Written(lines, capfd)
    root.removeHandler(of_libraries)
    root.setLevel(before)
    for logger, stream in zip(loggers, streams, strict=True):
        logger.setLevel(level)
        logger.registered_handler.setStream(stream)


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_rejected_with_its_code_and_reason_and_logged_without_its_values(
    whole: Whole, log: Written, kind: str
) -> None:
    sent, code, words = BAD[kind]

    before, end, after = whole.run(json.dumps(GOOD), sent, json.dumps(GOOD))

    assert (end.outcome, end.code) == ("rejected", code)
    assert words in end.reason
    assert end.body == sent
    assert before.outcome == after.outcome == "stored"
    logged = log.check()
    assert f'"code":"{code}"' in logged
    assert "message is rejected" in logged
    assert "batch is done" in logged


OF_AN_OWN_MODEL: dict[str, tuple[str, dict[str, Any]]] = {
    "a good one": ("stored", {KEY: {KEY: SECRET}, "metadata": {KEY: SECRET}, "prices": {KEY: 1}}),
    "metadata": ("rejected", {"metadata": {KEY: 1}}),
    "very much metadata": ("rejected", {"metadata": {f"{KEY}{number}": SECRET for number in range(51)}}),
    "an unknown key of a nested model": ("rejected", {"line": {"sku": "AB1", KEY: SECRET}}),
    "a value of a dictionary": ("rejected", {"prices": {KEY: SECRET}}),
    "a key of a dictionary": ("rejected", {"by_number": {KEY: "2026-01-31"}}),
    "a union": ("rejected", {"either": {KEY: SECRET}}),
    "a discriminator": ("rejected", {"pet": {"kind": SECRET}}),
    "a ValueError": ("rejected", {"checked": SECRET + SECRET[::-1]}),
    "an error with a context": ("rejected", {"custom": {KEY: SECRET}}),
    "an enum": ("rejected", {"colour": SECRET}),
    "a date": ("rejected", {"day": SECRET}),
    "many errors": ("rejected", {"articles": [{KEY: SECRET}] * 400}),
    "a KeyError": ("failed", {"breaking": BREAKS_THE_MODEL, KEY: SECRET}),
}


@pytest.mark.usefixtures("own_message")
@pytest.mark.parametrize("kind", OF_AN_OWN_MODEL)
def test_a_message_of_an_own_model_is_logged_without_its_values_and_keys(whole: Whole, log: Written, kind: str) -> None:
    outcome, further = OF_AN_OWN_MODEL[kind]

    (ended,) = whole.run(json.dumps(GOOD | further))

    assert ended.outcome == outcome
    assert f'"{outcome}":1' in log.check()


WORK = ["validator.handler.validate", "transformer.handler.transform", "storer.chunk.prepare"]


@pytest.mark.parametrize("work", WORK)
def test_a_service_that_raises_a_message_puts_it_in_no_log(
    whole: Whole, log: Written, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    def quote(record: Any, *_: object, **__: object) -> None:
        raise ValueError(record.data)

    monkeypatch.setattr(work, quote)

    (ended,) = whole.run(json.dumps(GOOD | {KEY: SECRET}))

    assert ended.outcome == "failed"
    assert '"reason":"ValueError in quote, test_logs.py:' in log.check()


BROKEN: dict[str, dict[str, Any]] = {
    "a list": {"transformed_data": [SECRET]},
    "too much": {"transformed_data": {KEY: SECRET * 500}},
    "no JSON number": {"transformed_data": {KEY: math.nan}},
    "very deep": {"transformed_data": json.loads(f'{{"{SECRET}":' * 300 + "1" + "}" * 300)},
    "a surplus key": {KEY: SECRET},
    "an invented record": {"execution_id": SECRET},
}


@pytest.mark.parametrize("kind", BROKEN)
def test_an_answer_that_breaks_the_contract_is_logged_without_its_values_and_keys(
    whole: Whole, log: Written, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def broken(response: Any, _request: object) -> Any:
        answer = response.model_dump(mode="json")
        answer["results"][0] |= BROKEN[kind]
        return answer

    monkeypatch.setattr("transformer.handler.answer", broken)

    (ended,) = whole.run(json.dumps(GOOD))

    assert ended.outcome == "failed"
    assert '"code":"broken_contract"' in log.check()


@pytest.mark.parametrize(
    "further",
    [{}, {"refused": "own_code"}, {"metadata": []}, {"breaking": BREAKS_THE_MODEL}],
    ids=["stored", "rejected by a rule", "rejected by the model", "failed"],
)
@pytest.mark.usefixtures("own_message")
def test_a_key_is_logged_in_printable_ascii(whole: Whole, log: Written, further: dict[str, Any]) -> None:
    key = f"{uuid.uuid4().hex}{CONTROLS}".ljust(256, "k")
    other = json.dumps(GOOD | {"idempotency_key": key, "another": 1})
    whole.run(json.dumps(GOOD | {"idempotency_key": key}))

    whole.run(json.dumps(GOOD | {"idempotency_key": key} | further), other)

    assert key.removesuffix(CONTROLS)[:32] in log.check()
