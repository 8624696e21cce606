"""``python -m bench.page``: the tables of docs/scaling.md and the README, written from the committed figures."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import capacity, cold_start, cost, tables
from bench.prices import Prices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPOSITORY = Path(__file__).resolve().parents[3]
PAGE = REPOSITORY / "docs" / "scaling.md"
README = REPOSITORY / "README.md"
FIGURES = PAGE.with_suffix("")
SIZES = (100, 1_024)


def figures(name: str) -> dict[str, Any]:
    """Read committed figures."""
    found: dict[str, Any] = json.loads((FIGURES / f"{name}.json").read_text(encoding="utf-8"))
    return found


def load(rate: int) -> capacity.Load:
    """Give a load of messages as they were measured."""
    return capacity.Load.measured(rate, figures("orders-1024"), figures("growth"))


def _capacity() -> Iterator[str]:
    one = load(1)
    times = ", ".join(f"of {size:,} take {seconds:.2f} s" for size, seconds in sorted(one.batch_seconds.items()))
    yield (
        f"Batches {times}. A message has {one.message_bytes:,} bytes, "
        f"writes {one.state_bytes:,.0f} bytes of state and {one.write_units:g} units of the table; windows of "
        f"{one.window_seconds:g} s."
    )
    yield ""
    yield "Messages a second of one account in one region, with one queue and one table, at each of its quotas:"
    yield ""
    yield from capacity.by_batch_size(one)
    yield ""
    yield f"What a rate takes, with `BatchSize` {one.batch_size:,} and `ChunkSize` {one.chunk_size}:"
    yield ""
    yield from capacity.table([load(rate) for rate in capacity.RATES])


def _cost() -> Iterator[str]:
    prices = Prices.read()
    for size in SIZES:
        yield from cost.shown(figures(f"orders-{size}"), prices)
        yield ""


def _summary() -> Iterator[str]:
    measured = figures("orders-1024")
    yield from tables.summary(measured, cost.bills(measured, Prices.read()))


SECTIONS: dict[str, Callable[[], Iterator[str]]] = {
    "comparison": lambda: tables.comparison(figures("orders-1024")),
    "patched": lambda: tables.comparison(figures("orders-1024-patched")),
    "profile": lambda: tables.profile(figures("profile")),
    "growth": lambda: tables.growth(figures("growth")),
    "capacity": _capacity,
    "cost": _cost,
    "cold start": lambda: tables.cold_start(figures("cold-start"), cold_start.table),
}
PAGES: dict[Path, dict[str, Callable[[], Iterator[str]]]] = {PAGE: SECTIONS, README: {"summary": _summary}}


def filled(page: Path) -> str:
    """Give a page with each section's tables between its two marks."""
    text = page.read_text(encoding="utf-8")
    for name, lines in PAGES[page].items():
        marks = rf"(<!-- {name}: begin -->\n).*?(<!-- {name}: end -->)"
        text, found = re.subn(marks, lambda mark: mark[1] + _section(lines) + mark[2], text, flags=re.DOTALL)  # noqa: B023
        if found != 1:
            raise ValueError(f"{page} has {found} sections {name!r}, expected one")
    return text


def _section(lines: Callable[[], Iterator[str]]) -> str:
    return "\n" + "\n".join(lines()).strip() + "\n\n"


def main(arguments: list[str] | None = None) -> int:
    """Write the pages."""
    argparse.ArgumentParser(prog="python -m bench.page", description=__doc__).parse_args(arguments)
    for page in PAGES:
        page.write_text(filled(page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
