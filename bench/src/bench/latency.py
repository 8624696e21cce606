"""``python -m bench.latency``: the latency of one message in an idle pipeline, from sending to storing.

Warm: the functions' processes exist, and nothing has happened for a while. Cold: they are killed before each
message, so that each function starts a new one: its package is unpacked, and its handler imported.
"""

from __future__ import annotations

import argparse
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psutil
from local_aws.signals import ending_signals_raise
from pipeline_cli.local import local_pipeline
from pipeline_testing.repository_copy import REPOSITORY

from bench import figures, latency_on_aws, messages
from bench.history import Tally
from bench.measure import Bench, Measurement
from bench.processes import workers_of
from bench.variants import OURS, default_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SIZE = 1_024
WARM, COLD = 100, 30
"""Messages."""
IDLE_SECONDS = 1.0
DEATH_SECONDS = 5.0
WINDOW = "BatchingWindowSeconds"


@dataclass(frozen=True)
class Profile:
    """A set of parameters of the stack."""

    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    def number(self, parameter: str) -> int:
        """Return the value of a parameter, by default that of the template."""
        return int(self.parameters.get(parameter) or default_of(parameter))


# A mapping takes a window of 0 only with batches of at most 10:
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
PROFILES = (Profile("default"), Profile("latency", {"BatchSize": "10", WINDOW: "0"}))


def kill_workers() -> None:
    """Kill the functions' processes; raises RuntimeError if one stays."""
    workers = workers_of(OURS.functions)
    for worker in workers:
        worker.kill()
    deadline = time.monotonic() + DEATH_SECONDS
    while any(_is_alive(worker) for worker in workers):
        if time.monotonic() > deadline:
            raise RuntimeError(f"a process of a function is still alive {DEATH_SECONDS} s after it was killed")
        time.sleep(0.01)


def _is_alive(process: psutil.Process) -> bool:
    # MiniStack waits for it at the next invocation of the function.
    with suppress(psutil.NoSuchProcess):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


def measure(bench: Bench, profile: Profile, count: int, *, cold: bool) -> dict[str, Any]:
    """Send messages one at a time."""
    found, tally = Measurement(), Tally()
    sent: dict[str, float] = {}
    for body in messages.orders(SIZE, count, seed=1 + cold):
        time.sleep(IDLE_SECONDS)
        if cold:
            kill_workers()
        sent |= bench.send(OURS, [body])
        bench.wait_until_empty(OURS)
    bench.add_histories(OURS, tally)
    found.latencies += (tally.stored[message] - at for message, at in sent.items())
    return {
        "profile": profile.name,
        "batch_size": profile.number("BatchSize"),
        "window_seconds": profile.number(WINDOW),
        "cold": cold,
        "messages": count,
        "median_seconds": round(found.percentile(0.5), 3),
        "p99_seconds": round(found.percentile(0.99), 3),
        "execution_seconds": round(tally.execution_seconds / tally.executions, 3),
        "orchestrator_invocations": round(tally.orchestrator_invocations / count, 2),
        "service_invocations": round(tally.service_invocations.total() / count, 2),
    }


def table(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield f"{figures.measured_on(found)} Messages of {found['size']:,} bytes."
    yield ""
    yield "| parameters | `BatchSize` | window | processes | messages | median | p99 | execution, mean |"
    yield "|---|---:|---:|---|---:|---:|---:|---:|"
    for one in found["rows"]:
        yield (
            f"| {one['profile']} | {one['batch_size']} | {one['window_seconds']} s | "
            f"{'cold' if one['cold'] else 'warm'} | {one['messages']} | {one['median_seconds']:.2f} s | "
            f"{one['p99_seconds']:.2f} s | {one['execution_seconds']:.2f} s |"
        )


def main() -> None:
    """Measure all profiles, warm and cold."""
    parser = argparse.ArgumentParser(prog="python -m bench.latency", description=__doc__)
    parser.add_argument("--warm", type=int, default=WARM, metavar="MESSAGES", help="(default: %(default)s)")
    parser.add_argument("--cold", type=int, default=COLD, metavar="MESSAGES", help="(default: %(default)s)")
    figures.add_write_option(parser)
    options = parser.parse_args()
    rows = []
    with ending_signals_raise():
        for profile in PROFILES:
            parameters = {"EnvironmentName": "bench", **profile.parameters}
            with local_pipeline(REPOSITORY, parameters=parameters) as aws:
                bench = Bench(aws)
                measure(bench, profile, 3, cold=False)
                rows.append(measure(bench, profile, options.warm, cold=False))
                rows.append(measure(bench, profile, options.cold, cold=True))
    found = figures.measured_now({"size": SIZE, "rows": rows})
    print(*table(found), "", *latency_on_aws.table(found, figures.read("cold-start")), sep="\n")
    figures.write(options.write, found)


if __name__ == "__main__":
    main()
