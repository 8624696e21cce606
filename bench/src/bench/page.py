"""``python -m bench.page``: docs/scaling.md and the README, their tables and plots made from the committed figures."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from pipeline_testing.repository_copy import REPOSITORY

from bench import capacity, cold_start, comparison, cost, figures, growth
from bench.plots import write_plots

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


def _cost() -> Iterator[str]:
    for size in (100, 1_024):
        yield from cost.shown(figures.read(f"orders-{size}"))
        yield ""
    yield cost.logged()


def _profile() -> Iterator[str]:
    found = figures.read("profile")
    yield f"{figures.measured_on(found)} Messages of {found['size']:,} bytes."
    yield from ("", "```", *found["lines"], "```")


def _summary() -> Iterator[str]:
    found = figures.read("orders-1024")
    bills = cost.bills(found)
    names = ("ours", "loop")
    with_backlog, alone = ([found["variants"][named(name)] for name in names] for named in (str, comparison.steady))
    each = [comparison.a_message(one) for one in with_backlog]
    rows = {
        "durable operations a message": [one["operations"] for one in each],
        "invocations a message": [one["invocations"] for one in each],
        "bytes of state a message": [one["state_bytes"] for one in each],
        "messages a second with a backlog, two executions at once, emulated": [
            one["messages_per_second"] for one in with_backlog
        ],
        "messages a second, a batch at a time, emulated": [one["messages_per_second"] for one in alone],
        "dollars a million messages": [cost.total(bills[name]) for name in names],
    }
    yield (
        f"| messages of {found['size']:,} bytes | this pipeline, batches of 100 | "
        "an invoke for each record and stage, batches of 5 |"
    )
    yield "|---|---:|---:|"
    for name, values in rows.items():
        yield f"| {name} | {' | '.join(map(_short, values))} |"
    yield ""
    yield (
        f"{figures.measured_on(found)} The queue and the write of the item alone cost "
        f"{cost.total(bills['floor']):.2f} dollars a million messages."
    )


def _short(value: float) -> str:
    decimals = 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{decimals}f}"


PAGES: dict[Path, dict[str, Callable[[], Iterator[str]]]] = {
    PAGE: {
        "comparison": lambda: comparison.table(figures.read("orders-1024")),
        "patched": lambda: comparison.table(figures.read("orders-1024-patched")),
        "profile": _profile,
        "growth": lambda: growth.table(figures.read("growth")),
        "capacity": _capacity,
        "cost": _cost,
        "cold start": lambda: cold_start.table(figures.read("cold-start")),
    },
    README: {"summary": _summary},
}


def filled(page: Path) -> str:
    """Give a page with each section's tables between its two marks."""
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


if __name__ == "__main__":
    main()
