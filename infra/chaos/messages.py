"""What is sent: a plan of messages made from a seed, with what the design says must become of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle
from random import Random
from typing import TYPE_CHECKING

from chaos import bodies
from chaos.poison import POISONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.bodies import Fields, Invalid

_OF_THOUSAND = {"duplicates": 120, "conflicts": 80, "invalid": 150}
_KEYED_OF_THOUSAND = 200
_SENT_TOGETHER_OF_THOUSAND = 500
_METADATA_OF_THOUSAND = 500
_POISON_OF_THOUSAND = 1.5
_LARGE_OF_THOUSAND = 3
# Poison comes early: the deliveries that it takes to give it up run beside the rest.
_POISON_UNTIL = 0.6


class Kind(StrEnum):
    """What a message is there for, and thus what must become of it."""

    VALID = "valid"
    DUPLICATE = "duplicate"
    """One of several with one idempotency_key and the same data, whatever their metadata: one item for all."""
    CONFLICT = "conflict"
    """One of several with one idempotency_key and other data: one is stored, the others are rejected."""
    INVALID = "invalid"
    POISON = "poison"


@dataclass(frozen=True)
class PlannedMessage:
    """A message to send; ``variety`` says more of its kind, ``rejection`` is the stage and code that it must get."""

    number: int
    kind: Kind
    variety: str
    body: str
    key: str | None = None
    rejection: tuple[str, str] | None = None


@dataclass(frozen=True)
class _Draft:
    kind: Kind
    variety: str
    body: str
    key: str | None = None
    rejection: tuple[str, str] | None = None


def plan_messages(count: int, seed: int, *, poisons: int | None = None) -> list[PlannedMessage]:
    """Plan so many messages; the same numbers give the same messages in the same order.

    Without a number of poisons, they are a part of all, and at least one of each.
    """
    random = Random(f"messages {seed}")  # noqa: S311 - a plan is no secret
    placed: list[tuple[float, _Draft]] = []
    if poisons is None:
        poisons = max(len(POISONS), round(count * _POISON_OF_THOUSAND / 1000))
    for group in _groups(count, poisons, random):
        latest = _POISON_UNTIL if group[0].kind is Kind.POISON else 1.0
        together = random.random() * 1000 < _SENT_TOGETHER_OF_THOUSAND
        at = random.random() * latest
        placed += [(at if together else random.random() * latest, draft) for draft in group]
    placed.sort(key=lambda entry: entry[0])
    return [
        PlannedMessage(number, draft.kind, draft.variety, draft.body, draft.key, draft.rejection)
        for number, (_, draft) in enumerate(placed, start=1)
    ]


def _groups(count: int, poisons: int, random: Random) -> Iterator[list[_Draft]]:
    """Messages that belong together, ``count`` in all; a group that would exceed it is cut."""
    left = count
    for group in _endless_groups(count, poisons, random):
        if left <= 0:
            return
        yield group[:left]
        left -= len(group)


def _endless_groups(count: int, poisons: int, random: Random) -> Iterator[list[_Draft]]:
    large = max(1, round(count * _LARGE_OF_THOUSAND / 1000))
    for number in range(poisons):
        variety = POISONS[number % len(POISONS)]
        yield [_draft(Kind.POISON, variety, _source(number) | {"processing_type": variety}, random)]
    for number, invalid in zip(range(large), cycle(bodies.LARGE_INVALID), strict=False):
        yield [_invalid(invalid, number, random)]
    for number, shape in zip(range(large), cycle(bodies.LARGE_SHAPES), strict=False):
        fields = _source(number) | shape(random)
        yield [_draft(Kind.VALID, shape.__name__, fields, random, compact=True)]
    invalids = cycle(bodies.INVALID)
    number = 0
    while True:
        number += 1
        draw = random.random() * 1000
        if draw < _OF_THOUSAND["duplicates"] / 3:
            yield _duplicates(number, random)
        elif draw < (_OF_THOUSAND["duplicates"] + _OF_THOUSAND["conflicts"]) / 3:
            yield _conflicts(number, random)
        elif draw < (_OF_THOUSAND["duplicates"] + _OF_THOUSAND["conflicts"]) / 3 + _OF_THOUSAND["invalid"]:
            yield [_invalid(next(invalids), number, random)]
        else:
            key = f"single-{number}" if random.random() * 1000 < _KEYED_OF_THOUSAND else None
            variety, fields = _good(number, random)
            yield [_draft(Kind.VALID, variety, fields, random, key)]


def _duplicates(number: int, random: Random) -> list[_Draft]:
    variety, fields = _good(number, random)
    bodies_of_all = [fields] * random.randrange(2, 5)
    if random.random() * 1000 < _METADATA_OF_THOUSAND:
        variety += ", metadata"
        # The last has none: that, too, is other metadata.
        bodies_of_all[:-1] = [
            fields | {"metadata": {"attempt": str(attempt), "trace": random.choice(bodies.WORDS)}}
            for attempt in range(len(bodies_of_all) - 1)
        ]
    return [_draft(Kind.DUPLICATE, variety, body, random, f"duplicates-{number}") for body in bodies_of_all]


def _conflicts(number: int, random: Random) -> list[_Draft]:
    variety, fields = _good(number, random)
    versions = [fields | {"version": version} for version in range(random.randrange(2, 4))]
    # One of them comes twice, so that a duplicate meets conflicts.
    versions += random.choices(versions, k=random.randrange(2))
    return [_draft(Kind.CONFLICT, variety, version, random, f"conflicts-{number}") for version in versions]


def _invalid(invalid: Invalid, number: int, random: Random) -> _Draft:
    body = invalid.body(_source(number) | bodies.small(random))
    return _Draft(Kind.INVALID, invalid.name, body, rejection=(invalid.stage, invalid.code))


def _good(number: int, random: Random) -> tuple[str, Fields]:
    shapes, weights = zip(*bodies.SHAPES, strict=True)
    shape = random.choices(shapes, weights)[0]
    return shape.__name__, _source(number) | shape(random)


def _source(number: int) -> Fields:
    return {"data_source": f"chaos-{number}.csv", "processing_type": "standard"}


def _draft(
    kind: Kind, variety: str, fields: Fields, random: Random, key: str | None = None, *, compact: bool = False
) -> _Draft:
    keyed = fields | ({"idempotency_key": key} if key else {})
    return _Draft(kind, variety, bodies.written(keyed, random, compact=compact), key)
