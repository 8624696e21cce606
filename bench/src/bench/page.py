"""``python -m bench.page``: write the tables and plots of docs/scaling.md and the README from the committed figures."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from pipeline_testing.repository_copy import REPOSITORY

from bench import capacity, cold_start, comparison, cost, designs, figures, growth, latency, latency_on_aws, soak
from bench.goals import goals
from bench.plots import write_memory, write_plots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PAGE = REPOSITORY / "docs" / "scaling.md"
README = REPOSITORY / "README.md"


def _capacity() -> Iterator[str]:
    one = capacity.Load.measured(figures.read("orders-1024"), figures.read("growth"))
    times = ", ".join(f"of {size:,} take {seconds:.2f} s" for size, seconds in sorted(one.batch_seconds.items()))
    yield (
        f"Batches {times}. A message has {one.message_bytes:,} bytes, "
        f"writes {one.state_bytes:,.0f} bytes of state and {one.write_units:g} units of the table; windows of "
        f"{one.window_seconds:g} s."
    )
    yield ""
    yield from capacity.tables(one)


def _orders() -> list[dict[str, Any]]:
    """Return the figures of the comparison, larger messages first."""
    return [figures.read(f"orders-{size}") for size in (1_024, 100)]


def _comparison() -> Iterator[str]:
    found = _orders()
    yield from comparison.table(found[0])
    yield from ("", "```", *goals(found), "```")


def _cost() -> Iterator[str]:
    for found in reversed(_orders()):
        yield from cost.shown(found)
        yield ""


def _latency() -> Iterator[str]:
    found = figures.read("latency")
    yield from latency.table(found)
    yield ""
    yield from latency_on_aws.table(found, figures.read("cold-start"))


def _alternatives() -> Iterator[str]:
    rows = {row["profile"]: row for row in figures.read("latency")["rows"] if not row["cold"]}
    warm = {name: latency_on_aws.Latency.of(row, figures.read("cold-start")) for name, row in rows.items()}
    large, small = _orders()
    yield from designs.alternatives(large, small, warm)


def _profile() -> Iterator[str]:
    found = figures.read("profile")
    yield f"{figures.measured_on(found)} Messages of {found['size']:,} bytes."
    yield from ("", "```", *found["lines"], "```")


PAGES: dict[Path, dict[str, Callable[[], Iterator[str]]]] = {
    PAGE: {
        "designs": lambda: designs.table(*_orders()),
        "comparison": _comparison,
        "profile": _profile,
        "growth": lambda: growth.table(figures.read("growth")),
        "capacity": _capacity,
        "cost": _cost,
        "latency": _latency,
        "memory": lambda: growth.memory(figures.read("memory")),
        "alternatives": _alternatives,
        "soak": lambda: soak.table(figures.read("soak")),
        "cold start": lambda: cold_start.table(figures.read("cold-start")),
    },
    README: {"summary": lambda: designs.summary(*_orders())},
}


def filled(page: Path) -> str:
    """Return a page with each section's tables between its two markers."""
    text = page.read_text(encoding="utf-8")
    for name, lines in PAGES[page].items():
        section = "\n" + "\n".join(lines()).strip() + "\n\n"
        marks = rf"(?<=<!-- {name}: begin -->\n).*?(?=<!-- {name}: end -->)"
        before, *rest = re.split(marks, text, flags=re.DOTALL)
        if len(rest) != 1:
            raise ValueError(f"{page} has {len(rest)} sections {name!r}, expected one")
        text = before + section + rest[0]
    return text


def main() -> None:
    """Write the pages, and draw the plots."""
    argparse.ArgumentParser(prog="python -m bench.page", description=__doc__).parse_args()
    for page in PAGES:
        page.write_text(filled(page), encoding="utf-8")
    write_plots(figures.read("growth"), figures.FOLDER)
    write_memory(figures.read("memory"), figures.FOLDER)


if __name__ == "__main__":
    main()
