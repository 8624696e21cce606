"""``python -m bench``: measure the pipeline beside its baselines, and say whether the goals are met."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from local_aws.errors import EmulatorError
from local_aws.signals import ending_signals_raise
from local_aws.steps import ConsoleSteps
from pipeline_cli.local import local_pipeline
from rich.console import Console

from bench import cost, messages, report
from bench.measure import Bench, Measurement
from bench.prices import Prices
from bench.variants import BASELINES, EXECUTIONS_AT_ONCE, LOOP, MAP, OURS, Variant, copy_with_baselines

REPOSITORY = Path(__file__).resolve().parents[3]

Rounds = dict[Variant, tuple[int, ...]]
Measured = dict[str, Measurement]
Run = Callable[[Variant, Sequence[str], Measurement], dict[str, float]]


@dataclass(frozen=True)
class Plan:
    """Messages in each round of each variant; the rounds of the variants alternate."""

    backlog: Rounds
    """In the queue before the event source mapping takes the first."""
    steady: Rounds
    """Sent a batch at a time, each when the one before is done, so that nothing runs beside an execution."""


FULL = Plan(
    backlog={OURS: (1_000,) * 4, MAP: (250,) * 4, LOOP: (250,) * 4},
    steady={OURS: (500,) * 2, MAP: (500,) * 2, LOOP: (500,) * 2},
)
QUICK = Plan(
    backlog={OURS: (600,) * 2, MAP: (60,) * 2, LOOP: (20,) * 2},
    steady={OURS: (300,) * 2, MAP: (20,) * 2, LOOP: (10,) * 2},
)


def main(arguments: list[str] | None = None) -> int:
    """Run it; the exit status is 0 when all messages were stored, whether or not the goals are met."""
    options = _parser().parse_args(arguments)
    console = Console()
    if not console.is_terminal:
        console = Console(width=140)
    try:
        with ending_signals_raise(), tempfile.TemporaryDirectory(prefix="pipeline-bench-") as folder:
            template = copy_with_baselines(Path(folder), patched=options.patched)
            parameters = {
                "EnvironmentName": "bench",
                "BatchSize": str(OURS.batch_size),
                "MaximumConcurrency": str(EXECUTIONS_AT_ONCE),
            }
            with local_pipeline(
                REPOSITORY, template=template, parameters=parameters, steps=ConsoleSteps(console)
            ) as aws:
                measured = compare(Bench(aws), FULL if options.full else QUICK, options.size, options.kind)
    except EmulatorError as error:
        Console(stderr=True).print(f"error: {error}", markup=False, highlight=False, soft_wrap=True)
        return 1
    figures = report.figures(measured, options.size, options.kind)
    for line in (*report.comparison(measured), "", *report.goals(figures), *cost.goal(figures, Prices.read())):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if options.write:
        options.write.write_text(f"{json.dumps(figures, indent=2)}\n", encoding="utf-8")
    return 0


def compare(bench: Bench, plan: Plan, size: int, kind: str) -> Measured:
    """Measure all variants in turns, each after a few messages that warm it up; by name, and by ``report.steady``."""
    for variant in BASELINES:
        bench.start(variant)

    def bodies(count: int, seed: int) -> list[str]:
        return list(messages.KINDS[kind](size, count, seed=seed))

    def in_turns(rounds: Rounds, run: Run, seed: int) -> Measured:
        measured = {variant.name: Measurement() for variant in rounds}
        for number, counts in enumerate(zip(*rounds.values(), strict=True)):
            for variant, count in zip(rounds, counts, strict=True):
                one = measured[variant.name]
                bench.add_costs(variant, run(variant, bodies(count, seed + number), one), one)
        return measured

    for variant in plan.backlog:
        bench.backlog(variant, bodies(4 * variant.batch_size, 99), Measurement())
    backlog = in_turns(plan.backlog, bench.backlog, 0)
    steady = in_turns(plan.steady, bench.batch_at_a_time, 100)
    return backlog | {report.steady(name): one for name, one in steady.items()}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="1,000 messages and more, a quarter of an hour")
    parser.add_argument("--patched", action="store_true", help="give the baselines our patches of the durable SDK, too")
    parser.add_argument("--size", type=int, default=1024, metavar="BYTES", help="of a message (default: %(default)s)")
    parser.add_argument("--kind", choices=sorted(messages.KINDS), default="orders", help="(default: %(default)s)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the figures as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
