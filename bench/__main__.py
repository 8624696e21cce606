"""``python -m bench``: measure the pipeline beside its baselines, and say whether the goals are met."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from pipeline_emulator.emulator import Emulator
from pipeline_emulator.errors import EmulatorError
from pipeline_emulator.signals import ending_signals_raise
from pipeline_emulator.steps import ConsoleSteps
from rich.console import Console

from bench import cost, messages, report
from bench.measure import Bench, Measurement
from bench.prices import Prices
from bench.variants import BASELINES, LOOP, MAP, OURS, Variant, copy_with_baselines

REPOSITORY = Path(__file__).resolve().parents[1]

FULL: dict[Variant, tuple[int, ...]] = {OURS: (1000,) * 4, MAP: (250,) * 4, LOOP: (250,) * 4}
QUICK: dict[Variant, tuple[int, ...]] = {OURS: (500,) * 2, MAP: (50,) * 2, LOOP: (20,) * 2}
"""Messages in each round; the rounds of the variants alternate."""

CALM_BATCHES = 5


def main(arguments: list[str] | None = None) -> int:
    """Run it; the exit status is 0 when all messages were stored, whether or not the goals are met."""
    options = _parser().parse_args(arguments)
    console = Console()
    if not console.is_terminal:
        console = Console(width=140)
    try:
        with ending_signals_raise(), tempfile.TemporaryDirectory(prefix="pipeline-bench-") as folder:
            template = copy_with_baselines(REPOSITORY, Path(folder))
            parameters = {"EnvironmentName": "bench", "BatchSize": str(OURS.batch_size)}
            with Emulator.start(
                REPOSITORY, template=template, parameters=parameters, steps=ConsoleSteps(console)
            ) as aws:
                measured = compare(Bench(aws), FULL if options.full else QUICK, options.size, options.kind)
    except EmulatorError as error:
        Console(stderr=True).print(f"error: {error}", markup=False, highlight=False, soft_wrap=True)
        return 1
    figures = report.figures(measured, options.size, options.kind)
    for line in (*report.comparison(measured), *cost.goal(figures, Prices.read())):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if options.write:
        options.write.write_text(f"{json.dumps(figures, indent=2)}\n", encoding="utf-8")
    return 0


def compare(bench: Bench, rounds: dict[Variant, tuple[int, ...]], size: int, kind: str) -> dict[str, Measurement]:
    """Measure all variants in turns, each after a few messages that warm it up."""
    for variant in BASELINES:
        bench.start(variant)
    for variant in rounds:
        bench.round(variant, list(messages.KINDS[kind](size, 2 * variant.batch_size, seed=99)), Measurement())
    measured = {variant: Measurement() for variant in rounds}
    for number in range(max(map(len, rounds.values()))):
        for variant, counts in rounds.items():
            if number < len(counts):
                bodies = list(messages.KINDS[kind](size, counts[number], seed=number))
                bench.round(variant, bodies, measured[variant])
    calm = Measurement()
    for number in range(CALM_BATCHES):
        bench.round(OURS, list(messages.KINDS[kind](size, OURS.batch_size, seed=100 + number)), calm)
    return {**{variant.name: one for variant, one in measured.items()}, report.CALM: calm}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="1,000 messages or more for each, about twenty minutes")
    parser.add_argument("--size", type=int, default=1024, metavar="BYTES", help="of a message (default: %(default)s)")
    parser.add_argument("--kind", choices=sorted(messages.KINDS), default="orders", help="(default: %(default)s)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the figures as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
