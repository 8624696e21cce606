"""The version that a difference requires, and the readers or senders that it would break.

Minor versions of senders and readers meet in any order, so a minor version may break neither an old reader nor an old
sender (docs/decisions/0002-strictness-and-forward-compatibility.md). An exchange carries its version, so an old
reader ignores keys that a newer minor added. The SQS body carries none, and its producers know nothing of versions:
what may be sent today must remain valid.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from packaging.version import Version

from contracts_check.differences import Difference, Schema, differences

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BODY = "pipeline-message.json"


class Level(IntEnum):
    """The level of the next version; larger ones include smaller ones."""

    PATCH = 1
    MINOR = 2
    MAJOR = 3

    def after(self, version: Version) -> Version:
        """Return the next version of this level."""
        if self is Level.MAJOR:
            return Version(f"{version.major + 1}.0.0")
        if self is Level.MINOR:
            return Version(f"{version.major}.{version.minor + 1}.0")
        return Version(f"{version.major}.{version.minor}.{version.micro + 1}")


@dataclass(frozen=True)
class Finding:
    """A difference with its judgement."""

    model: str
    """The title of the exchange or the body that contains it."""
    level: Level
    sentence: str


def judge(old: Mapping[str, Schema], new: Mapping[str, Schema], last: Version) -> list[Finding]:
    """Judge all differences between the last released schemas and those of the models, by file name."""
    findings = []
    for file in sorted(old.keys() | new.keys()):
        model = (new if file in new else old)[file]["title"]
        for change, level, why in _judged(file, old, new, last):
            sentence = f"{model}{change}. {why[0].upper()}{why[1:]}: release it as {level.after(last)}."
            findings.append(Finding(model, level, sentence))
    return findings


def _judged(
    file: str, old: Mapping[str, Schema], new: Mapping[str, Schema], last: Version
) -> Iterator[tuple[str, Level, str]]:
    if file not in old:
        yield ": added", Level.MINOR, "nobody uses it yet"
    elif file not in new:
        yield ": removed", Level.MAJOR, "it would break its users"
    else:
        for difference in differences(_by_authors(old[file]), _by_authors(new[file])):
            judged = _in_body(difference, last) if file == BODY else _in_exchange(difference, file, last)
            field = f".{difference.path}" if difference.path else ""
            yield f"{field}: {difference.change}", *judged


def _by_authors(schema: Schema) -> Schema:
    """Remove the parts that follow from the version, and the examples, which contain it too."""
    properties = {name: field for name, field in schema["properties"].items() if name != "contract_version"}
    return {**schema, "properties": properties, "examples": []}


def _in_exchange(difference: Difference, file: str, last: Version) -> tuple[Level, str]:
    work, _, way = file.removesuffix(".json").rpartition("-")
    parties = ("the orchestrator", f"the {work} service")
    sender, reader = parties if way == "request" else reversed(parties)
    following = Level.MINOR.after(last)
    if difference.narrower:
        return Level.MAJOR, f"{reader} on {following} would refuse what {sender} on {last} sends"
    if difference.wider_for_tolerant:
        return Level.MAJOR, f"{reader} on {last} would refuse what {sender} on {following} sends"
    if difference.means_another_thing:
        return Level.MAJOR, f"{sender} on {last} and {reader} on {following} would interpret it differently"
    if difference.wider or difference.is_optional_addition:
        return Level.MINOR, f"{reader} on {last} ignores it, which has to be safe"
    return Level.PATCH, "no sender or reader is affected"


def _in_body(difference: Difference, last: Version) -> tuple[Level, str]:
    if difference.is_optional_addition:
        # It narrows the values of that key, because any key may be sent. It must be possible nevertheless.
        return Level.MINOR, "producers that already send other values under this key would be rejected, so ask them"
    if difference.narrower:
        return Level.MAJOR, "messages that producers send today would be rejected"
    if difference.means_another_thing:
        return Level.MAJOR, "messages that producers send today would be read differently"
    if difference.wider:
        return Level.MINOR, f"producers can use it when every service has a version later than {last}"
    return Level.PATCH, "no producer is affected"
