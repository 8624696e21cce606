"""The messages of a verification: the samples, marked with the run, and three with the same idempotency key."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_demo.data import data_of, object_of, same_data
from pipeline_demo.lines import Line
from pipeline_demo.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MARK = "verify_run"
"""The name of the message attribute and of the metadata entry that contain the id of the run."""

_KEY = "idempotency_key"
_TEXT = r'"(?:[^"\\]|\\.)*"'


@dataclass(frozen=True)
class MarkedLines:
    """The messages of a run: the second part is sent when all of the first have their outcome."""

    run: str
    first: Sequence[Line]
    second: Sequence[Line]
    outcomes: Mapping[int, Outcome]
    """The expected outcome of each line, by its number."""
    keyed: tuple[int, int, int] | None
    """The numbers of three lines with one key: the original, a duplicate, and other data. Empty without samples."""

    @property
    def all(self) -> list[Line]:
        """Both parts."""
        return [*self.first, *self.second]


def marked_lines(samples: Sequence[Line], outcomes: Mapping[int, Outcome], run: str) -> MarkedLines:
    """Mark samples, except those that end as dead letters, because these would page somebody.

    The order of two messages with the same key is undefined, so the duplicate and the conflict are sent later.
    """
    sent = [line for line in samples if outcomes[line.number] in (Outcome.STORED, Outcome.REJECTED)]
    expected = {line.number: outcomes[line.number] for line in sent}
    first = [Line(line.number, marked(line.body, run)) for line in sent]
    unkeyed = [
        line.body for line in sent if expected[line.number] is Outcome.STORED and _KEY not in object_of(line.body)
    ]
    others = [body for body in unkeyed if not same_data(data_of(body), data_of(unkeyed[0]))]
    if not others:
        return MarkedLines(run, first, (), expected, None)
    stored, other = (marked(body, run, key=f"verify-{run}") for body in (unkeyed[0], others[0]))
    original, duplicate, conflict = range(sent[-1].number + 1, sent[-1].number + 4)
    expected |= {original: Outcome.STORED, duplicate: Outcome.STORED, conflict: Outcome.REJECTED}
    return MarkedLines(
        run,
        [*first, Line(original, stored)],
        [Line(duplicate, stored), Line(conflict, other)],
        expected,
        (original, duplicate, conflict),
    )


def marked(body: str, run: str, *, key: str = "") -> str:
    """Write the run into the metadata of an object, and into its key, so that no other run has the same record.

    The rest of the text is unchanged, including digits and escapes. A body that is no object is unchanged.
    """
    value = object_of(body)
    if not value:
        return body
    own = value.get(_KEY)
    if isinstance(own, str) and own:
        unique = f"verify-{run}-{hashlib.sha256(own.encode(errors='replace')).hexdigest()[:16]}"
        body = re.sub(rf'("{_KEY}"\s*:\s*){_TEXT}', rf'\g<1>"{unique}"', body, count=1)
    added = {_KEY: key} if key else {}
    members = {name: member for name, member in {**added, "metadata": {MARK: run}}.items() if name not in value}
    if not members:
        return body
    return f"{json.dumps(members)[:-1]}, {body.lstrip()[1:]}"
