"""Testing a property with as many bodies as `--bodies` says, and bodies for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, settings
from pipeline_contracts import InvalidBodyError, parse_body
from pipeline_testing.bodies import EXAMPLE, body

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis import strategies as st
    from pytest import Config  # noqa: PT013 - only for its type

SMALL = body()
BATCH = 20
MAX_BODY = 1_048_576
_START = f'{json.dumps(EXAMPLE)[:-1]}, "values": '


def try_many(
    config: Config,
    strategy: st.SearchStrategy[Any],
    check: Callable[[Any], None],
    *,
    bodies: int = BATCH,
    shrink: bool = True,
) -> None:
    """Test a property with examples of about ``bodies`` each, as many bodies in total as `--bodies` says.

    Without ``shrink``, a failure is shown unchanged: a smaller body may take another path.
    """

    @settings(
        max_examples=max(1, config.getoption("bodies") // bodies),
        phases=tuple(Phase) if shrink else [Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def tried(example: Any) -> None:
        check(example)

    tried()


def parsed(text: str) -> dict[str, Any] | None:
    """Parse a body; None if no model would see it."""
    try:
        return parse_body(text)
    except InvalidBodyError:
        return None


def key_of(text: str) -> Any:
    """Return the key of a body that has one, which would make two messages of a batch one record."""
    return (parsed(text) or {}).get("idempotency_key")


def array(item: str, size: int) -> str:
    """Make a body of one array, of at most that many bytes."""
    count = (size - len(_START) - len("[]}")) // len(f"{item},")
    return f"{_START}[{','.join([item] * count)}]}}"


def short_keys(item: str, size: int) -> str:
    """Make a body of one object with many keys, of at most that many bytes."""
    longest = len(f'"{size:x}":{item},')
    members = (f'"{number:x}":{item}' for number in range((size - len(_START) - len("{}}")) // longest))
    return f"{_START}{{{','.join(members)}}}}}"
