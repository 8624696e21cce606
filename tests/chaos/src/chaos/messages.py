"""The messages to send: a plan made from a seed, with the outcomes that the design requires for each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import count as count_from
from itertools import cycle
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from pipeline_testing.bodies import EXAMPLE

from chaos import bodies
from chaos.poison import POISON, POISONS, REFUSALS, REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chaos.bodies import Fields, Invalid

_KEYED_OF_THOUSAND = 200
_SENT_TOGETHER_OF_THOUSAND = 500
_METADATA_OF_THOUSAND = 500
_POISON_OF_THOUSAND = 1.5
_LARGE_OF_THOUSAND = 3
_LARGEST_GROUPS_OF_THOUSAND = 0.4
# Poison comes early, so that the deliveries until it is given up run beside the rest.
_POISON_UNTIL = 0.6


class Kind(StrEnum):
    """The purpose of a message, and thus its required outcome."""

    VALID = "valid"
    DUPLICATE = "duplicate"
    """One of several with the same idempotency_key and data, whatever their metadata: they share an item."""
    CONFLICT = "conflict"
    """One of several with the same idempotency_key but other data: one is stored, the others are rejected."""
    INVALID = "invalid"
    """Rejected for a reason of its own. It may have the key of some conflicts, none of which may wait for it."""
    POISON = "poison"


@dataclass(frozen=True)
class PlannedMessage:
    """A message to send; ``variety`` details its kind, ``rejection`` is its required stage and code."""

    kind: Kind
    variety: str
    body: str
    key: str | None = None
    rejection: tuple[str, str] | None = None
    number: int = 0
    """Its number in the order of sending, from 1."""


class _Group(NamedTuple):
    """Messages that belong together; those in ``together`` are sent one right after the other."""

    messages: list[PlannedMessage]
    together: bool = False
    latest: float = 1.0


def plan_messages(count: int, seed: int, *, poisons: int | None = None) -> list[PlannedMessage]:
    """Plan a number of messages; the same arguments give the same messages in the same order.

    Without a number of poisons, they are a fraction of all, but at least one of each.
    """
    random = Random(f"messages {seed}")  # noqa: S311 - a plan is no secret
    placed: list[tuple[float, PlannedMessage]] = []
    if poisons is None:
        poisons = max(len(POISONS), round(count * _POISON_OF_THOUSAND / 1000))
    for group in _groups(count, poisons, random):
        left = count - len(placed)
        if left <= 0:
            break
        together = group.together or random.random() * 1000 < _SENT_TOGETHER_OF_THOUSAND
        at = random.random() * group.latest
        placed += [(at if together else random.random() * group.latest, one) for one in group.messages[:left]]
    placed.sort(key=lambda entry: entry[0])
    return [replace(message, number=number) for number, (_, message) in enumerate(placed, start=1)]


def _groups(count: int, poisons: int, random: Random) -> Iterator[_Group]:
    """Yield rare groups first, in proportion to the number of messages, and then groups without end."""
    large = max(1, round(count * _LARGE_OF_THOUSAND / 1000))
    for number in range(poisons):
        variety = POISONS[number % len(POISONS)]
        fields = _source(number) | {POISON: variety}
        yield _Group([_message(Kind.POISON, variety, fields, random)], latest=_POISON_UNTIL)
    for number, invalid in zip(range(large), cycle(bodies.LARGE_INVALID), strict=False):
        yield _Group([_invalid(invalid, number, random)])
    for number, shape in zip(range(large), cycle(bodies.LARGE), strict=False):
        fields = _source(number) | bodies.SHAPES[shape](random)
        yield _Group([_message(Kind.VALID, shape, fields, random, compact=True)])
    for number in range(round(count * _LARGEST_GROUPS_OF_THOUSAND / 1000)):
        yield _Group(_conflicts(f"largest-{number}", random.randrange(50, 70), random), together=True)
    makers, weights = zip(*_MAKERS, strict=True)
    for number in count_from(1):
        yield random.choices(makers, weights)[0](number, random)


def _single(number: int, random: Random) -> _Group:
    key = f"single-{number}" if random.random() * 1000 < _KEYED_OF_THOUSAND else None
    variety, fields = _good(number, random)
    return _Group([_message(Kind.VALID, variety, fields, random, key)])


def _one_invalid(number: int, random: Random) -> _Group:
    return _Group([_invalid(bodies.INVALID[number % len(bodies.INVALID)], number, random)])


def _duplicates(number: int, random: Random) -> _Group:
    variety, fields = _good(number, random)
    bodies_of_all = [fields] * random.randrange(2, 5)
    if random.random() * 1000 < _METADATA_OF_THOUSAND:
        variety += ", metadata"
        # The last has no metadata, which is also different metadata.
        bodies_of_all[:-1] = [
            fields | {"metadata": {"attempt": str(attempt), "trace": random.choice(bodies.WORDS)}}
            for attempt in range(len(bodies_of_all) - 1)
        ]
    return _Group([_message(Kind.DUPLICATE, variety, body, random, f"duplicates-{number}") for body in bodies_of_all])


def _few_conflicts(number: int, random: Random) -> _Group:
    return _Group(_conflicts(f"conflicts-{number}", random.randrange(2, 4), random))


def _many_conflicts(number: int, random: Random) -> _Group:
    return _Group(_conflicts(f"conflicts-{number}", random.randrange(10, 40), random), together=True)


def _conflicts_behind_invalid(number: int, random: Random) -> _Group:
    """Make some that a rule rejects, then conflicts, one of them storable: at times more than an execution tries."""
    key = f"behind-invalid-{number}"
    source = _source(number) | {REFUSED: REFUSALS[0], "idempotency_key": key}
    refused = [
        _message(Kind.INVALID, "before conflicts", source | {"version": -version}, random, key)
        for version in range(1, random.randrange(2, 6))
    ]
    first = [replace(message, rejection=("validate", REFUSALS[0])) for message in refused]
    return _Group(first + _conflicts(key, random.randrange(2, 4), random), together=True)


def _conflicts(key: str, count: int, random: Random) -> list[PlannedMessage]:
    variety, fields = _good(random.randrange(10**6), random)
    versions = [fields | {"version": version} for version in range(count)]
    # One of them is repeated, so that a duplicate meets conflicts.
    versions += random.choices(versions, k=random.randrange(2))
    return [_message(Kind.CONFLICT, variety, version, random, key) for version in versions]


def _invalid(invalid: Invalid, number: int, random: Random) -> PlannedMessage:
    body = invalid.body(_source(number) | bodies.SHAPES["small"](random))
    return PlannedMessage(Kind.INVALID, invalid.name, body, rejection=(invalid.stage, invalid.code))


def _good(number: int, random: Random) -> tuple[str, Fields]:
    shape = random.choices(list(bodies.USUAL), list(bodies.USUAL.values()))[0]
    return shape, _source(number) | bodies.SHAPES[shape](random)


def _source(number: int) -> Fields:
    return {**EXAMPLE, "number": number}


def _message(
    kind: Kind, variety: str, fields: Fields, random: Random, key: str | None = None, *, compact: bool = False
) -> PlannedMessage:
    keyed = fields | ({"idempotency_key": key} if key else {})
    return PlannedMessage(kind, variety, bodies.written(keyed, random, compact=compact), key)


_MAKERS: tuple[tuple[Callable[[int, Random], _Group], float], ...] = (
    (_single, 630),
    (_one_invalid, 140),
    (_duplicates, 120 / 3),
    (_few_conflicts, 60 / 3),
    (_conflicts_behind_invalid, 30 / 5),
    (_many_conflicts, 20 / 25),
)
"""Each with its number of groups per about a thousand messages."""
