"""The cost of a million messages by design: ``python -m bench.cost FILE...`` for files that the benchmark wrote."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.comparison import steady
from bench.usage import PRICES, Bill, Usage, bill, total
from bench.variants import ALL, LOOP, OURS, PLAIN_100

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TOGETHER = 100
"""Messages per execution of Step Functions: at a kilobyte each, they nearly fill the 256 KiB of its input."""


def usages(figures: Mapping[str, Any]) -> dict[str, Usage]:
    """Return the usage per message in each design, from one file of the benchmark."""
    size, units = figures["size"], figures["write_units"]
    # From one batch at a time, as on more than one machine: here, concurrent executions wait for each other, and
    # Lambda would bill that time.
    variants = {variant.name: figures["variants"][steady(variant.name)] for variant in ALL}
    found = {"floor": Usage(size, units)}
    for variant in ALL:
        name, one = variant.name, variants[variant.name]
        usage = Usage.measured(size, units, one, later_queues=len(variant.queues) - 1)
        found[name] = usage
        if variant is OURS:
            found[f"{name}, event counted"] = usage.with_event(one)
            found[f"{name}, event counted, with logs"] = usage.with_event(one).with_logs(one)
        if variant is PLAIN_100:
            found[f"{name}, with logs"] = usage.with_logs(one)
        if variant is LOOP:
            found[f"{name}, event counted"] = usage.with_event(one)
    for how in ("Standard", "Express"):
        for like, words, together in ((LOOP, "per message", 1), (OURS, f"{TOGETHER} together", TOGETHER)):
            found[f"{how}, {words}"] = found[like.name].on_step_functions(
                variants[like.name], together=together, express=how == "Express"
            )
    found["distributed map, per message"] = found[LOOP.name].on_distributed_map(variants[LOOP.name], together=TOGETHER)
    return found


def bills(figures: Mapping[str, Any]) -> dict[str, Bill]:
    """Price each design."""
    return {name: bill(usage) for name, usage in usages(figures).items()}


def table(found: Mapping[str, Bill]) -> Iterator[str]:
    """Yield the lines of a Markdown table with dollars per million messages."""
    floor = found["floor"]
    yield f"| | {' | '.join(floor)} | **total** | times the floor |"
    yield f"|---|{'---:|' * (len(floor) + 2)}"
    for name, one in found.items():
        cells = " | ".join(f"{dollars:.3f}" for dollars in one.values())
        yield f"| {name} | {cells} | **{total(one):.3f}** | {total(one) / total(floor):.2f} |"


def written(figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield everything that is written, with its bytes per message, and its dollars per million messages."""
    ours = figures["variants"][steady("ours")]
    yield "| written | bytes per message | dollars per million messages |"
    yield "|---|---:|---:|"
    for name, size in sorted(ours["state_bytes"].items(), key=lambda entry: -entry[1]):
        each = size / ours["messages"]
        one = bill(Usage(0, 0, state_bytes=each))
        yield f"| {name} | {each:.0f} | {one['state written'] + one['state retained']:.3f} |"


def shown(figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield everything about one file of the benchmark."""
    yield (
        f"Messages of {figures['size']:,} bytes, {figures['write_units']:.2f} write units each, "
        f"measured on {figures['measured']['date']}; dollars per million messages, prices of {PRICES['date']}."
    )
    yield from ("", *table(bills(figures)), "", *written(figures))


def main() -> None:
    """Print the costs of the files' messages."""
    parser = argparse.ArgumentParser(prog="python -m bench.cost", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="that the benchmark wrote, with --write")
    for file in parser.parse_args().files:
        print("\n".join(shown(json.loads(file.read_text(encoding="utf-8")))), end="\n\n")


if __name__ == "__main__":
    main()
