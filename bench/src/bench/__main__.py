"""``python -m bench``: measure the pipeline and its baselines, and report whether the goals are met."""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.command import console_of_this_process
from local_aws.signals import ending_signals_raise
from local_aws.steps import ConsoleSteps
from pipeline_cli.local import local_pipeline
from pipeline_testing.repository_copy import REPOSITORY

from bench import comparison, cost, figures, messages
from bench.baselines import copy_with_baselines
from bench.goals import goals
from bench.measure import Bench, Measurement
from bench.variants import ALL, LOOP, MAP, OURS, PARAMETERS, PLAIN_10, PLAIN_100, QUEUES, Variant

Run = Callable[[Variant, Sequence[str], Measurement], dict[str, float]]

SIZES = (1_024, 100)


@dataclass(frozen=True)
class Rounds:
    """The number of rounds; in each, every variant in turn gets this many messages, rounded up to full batches."""

    times: int
    messages: dict[Variant, int]

    def count(self, variant: Variant) -> int:
        """Return the messages of one round."""
        return variant.batch_size * math.ceil(self.messages[variant] / variant.batch_size)


# MiniStack goes through all waiting messages at each call, so each design has the same backlog: a batch of ours for
# each of the two executions that run at once.
FULL = (
    Rounds(4, dict.fromkeys(ALL, 800)),
    Rounds(2, dict.fromkeys(ALL, 500)),
)
QUICK = (
    Rounds(2, {OURS: 600, PLAIN_100: 400, PLAIN_10: 200, QUEUES: 100, MAP: 60, LOOP: 20}),
    Rounds(2, {OURS: 300, PLAIN_100: 200, PLAIN_10: 50, QUEUES: 50, MAP: 20, LOOP: 10}),
)
"""Those with a backlog, and those with one batch at a time."""


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; the exit status is 0 if all messages were stored, whether or not the goals are met."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "--full", action="store_true", help="1,000 messages and more, a quarter of an hour for each size"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="BYTES", help="(default: 1024 100)")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="write orders-BYTES.json for each size")
    options = parser.parse_args(arguments)
    steps = ConsoleSteps(console_of_this_process())
    with ending_signals_raise(), tempfile.TemporaryDirectory(prefix="pipeline-bench-") as folder:
        template = copy_with_baselines(Path(folder))
        with (
            local_pipeline(REPOSITORY, template=template, parameters=PARAMETERS, steps=steps) as aws,
            closing(Bench(aws, with_baselines=True)) as bench,
        ):
            found = [
                figures.measured_now(compare(bench, *(FULL if options.full else QUICK), size)) for size in options.sizes
            ]
    for one in found:
        print("", *comparison.table(one), "", *cost.table(cost.bills(one)), sep="\n")
        if options.write:
            figures.write(options.write / f"orders-{one['size']}.json", one)
    print("", *goals(found), sep="\n")
    return 0


def compare(bench: Bench, backlog: Rounds, steady: Rounds, size: int) -> dict[str, Any]:
    """Measure all variants in turn, each after a few messages to warm it up.

    First with a ``backlog``, in the queue before the event source mapping receives the first message; then ``steady``,
    each batch sent when the previous one is done, so that nothing runs beside an execution.
    """
    all_sent: set[str] = set()

    def bodies(count: int, seed: int) -> list[str]:
        return list(messages.orders(size, count, seed=seed))

    def in_turns(rounds: Rounds, run: Run, seed: int) -> dict[Variant, Measurement]:
        measured = {variant: Measurement() for variant in rounds.messages}
        for number in range(rounds.times):
            for variant, into in measured.items():
                all_sent.update(run(variant, bodies(rounds.count(variant), seed + number), into))
        return measured

    for variant in backlog.messages:
        bench.backlog(variant, bodies(4 * variant.batch_size, 99), Measurement())
    with_backlog = in_turns(backlog, bench.backlog, 0)
    at_a_time = in_turns(steady, bench.batch_at_a_time, 100)
    return {
        "size": size,
        "write_units": bench.write_units(all_sent) / len(all_sent),
        "variants": {variant.name: comparison.as_json(variant, one) for variant, one in with_backlog.items()}
        | {comparison.steady(variant.name): comparison.as_json(variant, one) for variant, one in at_a_time.items()},
    }


if __name__ == "__main__":
    sys.exit(main())
