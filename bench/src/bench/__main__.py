"""``python -m bench``: measure the pipeline beside its baselines, and say whether the goals are met."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.command import console_of_this_process
from local_aws.signals import ending_signals_raise
from local_aws.steps import ConsoleSteps
from pipeline_cli.local import local_pipeline
from pipeline_testing.repository_copy import REPOSITORY

from bench import comparison, cost, figures, messages
from bench.measure import Bench, Measurement
from bench.variants import BASELINES, LOOP, MAP, OURS, PARAMETERS, Variant, copy_with_baselines

Run = Callable[[Variant, Sequence[str], Measurement], dict[str, float]]


@dataclass(frozen=True)
class Rounds:
    """So many times, each variant in turn gets so many messages."""

    times: int
    messages: dict[Variant, int]


FULL = Rounds(4, {OURS: 1_000, MAP: 250, LOOP: 250}), Rounds(2, {OURS: 500, MAP: 500, LOOP: 500})
QUICK = Rounds(2, {OURS: 600, MAP: 60, LOOP: 20}), Rounds(2, {OURS: 300, MAP: 20, LOOP: 10})
"""Those with a backlog, and those a batch at a time."""


def main(arguments: list[str] | None = None) -> int:
    """Run it; the exit status is 0 when all messages were stored, whether or not the goals are met."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="1,000 messages and more, a quarter of an hour")
    parser.add_argument("--patched", action="store_true", help="give the baselines our patches of the durable SDK, too")
    parser.add_argument("--size", type=int, default=1024, metavar="BYTES", help="of a message (default: %(default)s)")
    figures.add_write_option(parser)
    options = parser.parse_args(arguments)
    steps = ConsoleSteps(console_of_this_process())
    with ending_signals_raise(), tempfile.TemporaryDirectory(prefix="pipeline-bench-") as folder:
        template = copy_with_baselines(Path(folder), patched=options.patched)
        with local_pipeline(REPOSITORY, template=template, parameters=PARAMETERS, steps=steps) as aws:
            found = figures.measured_now(compare(Bench(aws), *(FULL if options.full else QUICK), options.size))
    print("", *comparison.table(found), *cost.goal(found), sep="\n")
    figures.write(options.write, found)
    return 0


def compare(bench: Bench, backlog: Rounds, steady: Rounds, size: int) -> dict[str, Any]:
    """Measure all variants in turns, each after a few messages that warm it up.

    First with a ``backlog``, in the queue before the event source mapping takes the first message; then ``steady``,
    each batch sent when the one before is done, so that nothing runs beside an execution.
    """
    all_sent: set[str] = set()

    def bodies(count: int, seed: int) -> list[str]:
        return list(messages.orders(size, count, seed=seed))

    def in_turns(rounds: Rounds, run: Run, seed: int) -> dict[Variant, Measurement]:
        measured = {variant: Measurement() for variant in rounds.messages}
        for number in range(rounds.times):
            for variant, count in rounds.messages.items():
                sent = run(variant, bodies(count, seed + number), measured[variant])
                bench.add_handler_seconds(variant, min(sent.values()), measured[variant])
                all_sent.update(sent)
        return measured

    for variant in BASELINES:
        bench.start(variant)
    for variant in backlog.messages:
        bench.backlog(variant, bodies(4 * variant.batch_size, 99), Measurement())
    with_backlog = in_turns(backlog, bench.backlog, 0)
    at_a_time = in_turns(steady, bench.batch_at_a_time, 100)
    return {
        "size": size,
        "write_units": bench.write_units(all_sent) / len(all_sent),
        "variants": {variant.name: comparison.as_json(one) for variant, one in with_backlog.items()}
        | {comparison.steady(variant.name): comparison.as_json(one) for variant, one in at_a_time.items()},
    }


if __name__ == "__main__":
    sys.exit(main())
