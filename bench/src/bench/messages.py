"""The messages to send: orders of an exact size."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

from pipeline_testing.bodies import EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Iterator

# fmt: off
_WORDS = (
    "steel", "copper", "cotton", "walnut", "ceramic", "blue", "green", "black", "white", "small", "large",
    "round", "flat", "heavy", "light", "garden", "kitchen", "office", "outdoor", "winter", "summer", "lamp",
    "chair", "table", "bottle", "kettle", "blanket", "cable", "shelf", "mirror", "basket",
)
# fmt: on
_TOWNS = ("Bern", "Lyon", "Porto", "Gdansk", "Turku", "Leeds", "Ghent", "Graz", "Malmo", "Cork")


def orders(size: int, count: int, *, seed: int = 1) -> Iterator[str]:
    """Yield messages of exactly that many bytes that look like orders: random ids, words, quantities and prices."""
    for number in range(count):
        chance = random.Random(f"{seed}/{number}/{size}")  # noqa: S311 - data, no secret
        order: dict[str, object] = {"id": f"{chance.getrandbits(40):010x}"}
        # In one field, whose name no model is likely to have.
        body: dict[str, object] = {**EXAMPLE, "order": order}
        if size >= 200:
            order |= {"customer": f"C{chance.randrange(10**8):08}", "town": chance.choice(_TOWNS), "lines": []}
            order["lines"] = list(_lines(chance, size - 20 - len(_text(body))))
        room = size - len(_text(body | {"n": ""}))
        if room < 0:
            raise ValueError(f"a message of {size} bytes is too small for its fields")
        yield _text(body | {"n": " ".join(chance.choices(_WORDS, k=size // 4 + 8))[:room]})


def _lines(chance: random.Random, room: int) -> Iterator[dict[str, object]]:
    """Yield lines as long as another one would fit."""
    while len(_text(_line(chance))) < room:
        line = _line(chance)
        room -= len(_text(line)) + len(",")
        yield line


def _line(chance: random.Random) -> dict[str, object]:
    return {
        "sku": f"{chance.getrandbits(32):08x}",
        "title": " ".join(chance.choices(_WORDS, k=3)),
        "quantity": chance.randint(1, 20),
        "price": chance.randint(100, 99_999) / 100,
    }


def _text(body: dict[str, object]) -> str:
    return json.dumps(body, separators=(",", ":"))
