"""The decision about each message, made before anything is sent or deleted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from pipeline_cli.messages.content import Content, Problem, content_of, why
from pipeline_cli.messages.entry import Entry, NoRoomError

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence
    from datetime import datetime

    from pipeline_cli.intake import Intake
    from pipeline_cli.messages.queued_message import Draft, QueuedMessage
    from pipeline_cli.messages.stored import StoredData
    from pipeline_cli.rules import Problem as Refusal

    Rules = Callable[[Sequence[str]], Sequence[Refusal | None]]
    """Validates bodies; the result has one entry per body."""

    Stored = Callable[[Sequence[str]], Mapping[str, StoredData]]
    """Looks up execution ids; returns the existing items."""


class Decision(StrEnum):
    """The decision about a message."""

    SEND = "send"
    DROP = "drop"
    """Already stored, so it is only deleted from its queue."""
    DISCARD = "discard"
    CONFLICT = "conflict"
    """Other data is stored, or about to be stored, under its identity."""
    INVALID = "invalid"
    NO_ROOM = "no room"
    UNCHANGED = "unchanged"
    EDITED = "edited"
    """Changed since the export, so it is not discarded."""


LEAVES = frozenset({Decision.SEND, Decision.DROP, Decision.DISCARD})
"""Decisions that remove a message from its queue. The others leave it there."""


@dataclass(frozen=True)
class Planned:
    """A message, and the decision about it."""

    message: QueuedMessage
    decision: Decision
    reason: str = ""
    execution_id: str = ""
    """The id of the draft: an edited body may have another key."""
    entry: Entry | None = None
    """The entry to send."""
    edited: bool = False


@dataclass(frozen=True)
class _Candidate:
    message: QueuedMessage
    draft: Draft
    content: Content
    execution_id: str

    @property
    def edited(self) -> bool:
        return self.draft != self.message.draft

    @property
    def renamed(self) -> bool:
        """Whether the edit turned it into another record."""
        return self.execution_id != self.message.execution_id

    def decided(self, decision: Decision, reason: str = "", entry: Entry | None = None) -> Planned:
        return Planned(self.message, decision, reason, self.execution_id, entry, self.edited)


def plan(
    drafts: Sequence[tuple[QueuedMessage, Draft]],
    queued: Sequence[QueuedMessage],
    intake: Intake,
    stored: Stored,
    *,
    released: Callable[[], datetime] | None,
    rules: Rules | None = None,
) -> list[Planned]:
    """Decide about each message, in order.

    Args:
        drafts: The messages, each with the draft to send.
        queued: All messages that were read from the queue, which may have other copies of these.
        intake: Reads bodies as the environment does.
        stored: Looks up stored items.
        released: Returns the time of the last release, for failures that repeat; None sends such messages as well.
        rules: The validator's rules, if they are to be applied.
    """
    candidates = [_candidate(message, draft, intake) for message, draft in drafts]
    unkeyed = {intake.identity(message.first_message_id, None) for message, _ in drafts}
    identities = unkeyed | {name for one in candidates for name in (one.execution_id, one.message.execution_id)}
    found = stored(sorted(identities))
    if rules:
        candidates = _judged(candidates, found, rules)
    sent = _Sent(_divided(candidates, queued))
    return [_decide(one, intake, found, sent, released) for one in candidates]


def discards(exported: Sequence[tuple[QueuedMessage, Draft]]) -> list[Planned]:
    """Discard the messages whose bodies are unchanged since the export."""
    return [
        Planned(message, Decision.DISCARD, execution_id=message.execution_id)
        if message.draft.body == draft.body
        else Planned(message, Decision.EDITED, "its body in the file is different", message.execution_id)
        for message, draft in exported
    ]


def _candidate(message: QueuedMessage, draft: Draft, intake: Intake) -> _Candidate:
    content = content_of(draft.body, intake)
    return _Candidate(message, draft, content, intake.identity(message.first_message_id, content.parsed))


def _judged(candidates: Sequence[_Candidate], stored: Container[str], rules: Rules) -> list[_Candidate]:
    """Add the verdicts of the rules on bodies that are neither stored nor known to be invalid."""
    asked = [one for one in candidates if one.content.problem is None and one.execution_id not in stored]
    refusals = iter(rules([one.content.text for one in asked]) if asked else ())
    waiting = {one.message.message_id for one in asked}
    judged = []
    for one in candidates:
        refusal = next(refusals) if one.message.message_id in waiting else None
        problem = Problem(refusal.field, refusal.reason) if refusal else one.content.problem
        judged.append(replace(one, content=replace(one.content, problem=problem)))
    return judged


def _divided(candidates: Sequence[_Candidate], queued: Sequence[QueuedMessage]) -> frozenset[str]:
    """Return the first ids of messages whose copies would become different records."""
    identities = {message.message_id: message.execution_id for message in queued}
    identities |= {one.message.message_id: one.execution_id for one in candidates}
    known: dict[str, str] = {}
    return frozenset(
        message.first_message_id
        for message in queued
        if known.setdefault(message.first_message_id, identities[message.message_id]) != identities[message.message_id]
    )


class _Sent:
    """The messages that a plan sends: one record per identity, and no message as two records."""

    def __init__(self, divided: Container[str]) -> None:
        self._by_identity: dict[str, _Candidate] = {}
        self._divided = divided

    def divides(self, one: _Candidate) -> bool:
        """Say whether another copy of a message would become another record."""
        return one.message.first_message_id in self._divided

    def conflict_of(self, one: _Candidate) -> str:
        """Claim the identity of a message, and return the reason if it cannot have it; empty otherwise."""
        first = self._by_identity.get(one.execution_id)
        if first and first.content.digest != one.content.digest:
            return "an older message of this plan has the same identity and other data"
        if first and one.renamed and first.message.first_message_id != one.message.first_message_id:
            return "it was given the key and the data of another message of this plan"
        if self.divides(one):
            return "another copy of it in the queue would become another record: edit both, or discard one"
        self._by_identity.setdefault(one.execution_id, one)
        return ""

    def note_on(self, one: _Candidate) -> str:
        """Return what the operator should know about a message that is sent."""
        if self._by_identity[one.execution_id] is not one:
            return "a duplicate of another message of this plan: they are stored once"
        return "its key was edited: it becomes another record" if one.renamed else ""


def _decide(
    one: _Candidate,
    intake: Intake,
    stored: Mapping[str, StoredData],
    sent: _Sent,
    released: Callable[[], datetime] | None,
) -> Planned:
    if item := stored.get(one.execution_id):
        if item.digest is None or item.digest != one.content.digest:
            return one.decided(Decision.CONFLICT, "other data is stored under its identity")
        if one.renamed and item.message_id != one.message.first_message_id:
            return one.decided(
                Decision.CONFLICT, "it was given the key and the data of another message, which is stored"
            )
        if sent.divides(one):
            return one.decided(
                Decision.CONFLICT,
                "its data is stored, but another copy of it in the queue would become another record: discard that one",
            )
        reason = "its data is stored; metadata is not compared" if one.edited else "its data is stored"
        return one.decided(Decision.DROP, reason)
    before = stored.get(one.message.execution_id)
    if before and before.digest and before.digest == content_of(one.message.draft.body, intake).digest:
        return one.decided(Decision.CONFLICT, "it is stored with the data that it had before it was edited")
    unkeyed = intake.identity(one.message.first_message_id, None)
    if unkeyed != one.execution_id and unkeyed in stored:
        return one.decided(Decision.CONFLICT, f"it is stored as {unkeyed}, without the key that it has now")
    if one.content.problem:
        return one.decided(Decision.INVALID, why(one.content.problem.field, one.content.problem.reason))
    try:
        entry = Entry.of(one.message, one.draft, keyed=one.content.keyed)
    except NoRoomError as error:
        return one.decided(Decision.NO_ROOM, str(error))
    failure = one.message.failure
    if released and failure.repeats and failure.at and not one.edited and released() < failure.at:
        return one.decided(Decision.UNCHANGED, "neither its body nor a function has changed since it failed")
    if conflict := sent.conflict_of(one):
        return one.decided(Decision.CONFLICT, conflict)
    return one.decided(Decision.SEND, sent.note_on(one), entry)
