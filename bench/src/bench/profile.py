"""``python -m bench.profile``: where the pipeline's processes spend their time while a backlog is processed.

py-spy samples each process a hundred times per second. A sample of a thread that holds the interpreter counts for the
innermost function of the pipeline or of the durable SDK: the time of a library counts for its caller.
"""

from __future__ import annotations

import argparse
import math
import signal
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from local_aws.signals import ending_signals_raise
from pipeline_cli.local import local_pipeline
from pipeline_testing.repository_copy import REPOSITORY

from bench import figures, messages
from bench.measure import Bench, Measurement
from bench.processes import parts
from bench.variants import OURS, PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SIZE = 1_024
SHOWN_OF = ("orchestrator", "storer", "event source mapping")
SHOWN = 8
BACKLOG = OURS.batch_size * math.ceil(1_000 / OURS.batch_size)
"""Messages that wait at once: unlike SQS, MiniStack goes through all of them at each call."""
MESSAGES = 4 * BACKLOG
SDK = "aws_durable_execution_sdk_python"
PY_SPY = Path(sys.executable).with_name("py-spy")
OWN = (*(f"{name}/" for name in ("orchestrator", "storer", "pipeline_contracts", "local_aws", SDK)), "_worker.py")
"""The last is MiniStack's, which reads the event in place of Lambda's runtime."""


def place(stack: str) -> str:
    """Return the innermost function of ours or the SDK's in a stack of py-spy's raw format, outermost frame first."""
    for frame in reversed(stack.split(";")):
        function, _, path = frame.partition(" (")
        for root in OWN:
            _, found, rest = path.partition(":")[0].rpartition(f"/{root}")
            if found:
                return f"{root}{rest} {function}"
    return "elsewhere"


def looks(raw: str) -> Counter[str]:
    """Count the samples by place, from py-spy's raw format: a stack and its count in each line."""
    found: Counter[str] = Counter()
    for line in raw.splitlines():
        stack, _, count = line.rpartition(" ")
        found[place(stack)] += int(count)
    return found


def table(count: int, seconds: Mapping[str, float], found: Mapping[str, Counter[str]]) -> Iterator[str]:
    """Yield the processor time of each part, and where our own parts spent it."""
    for part, spent in sorted(seconds.items(), key=lambda item: -item[1]):
        yield f"{part}: {1_000 * spent / count:.2f} ms of processor time per message"
        total = found[part].total()
        for name, number in found[part].most_common(SHOWN if part in SHOWN_OF else 0):
            yield f"  {number / total:5.0%}  {name}"


@contextmanager
def watched(processes: Mapping[int, str], found: Mapping[str, Counter[str]]) -> Iterator[None]:
    """Sample processes with py-spy, and add the samples to the part that each belongs to."""
    with tempfile.TemporaryDirectory() as folder:
        files = {pid: Path(folder, str(pid)) for pid in processes}
        options = ("--gil", "--nonblocking", "--full-filenames", "--format", "raw", "--duration", "unlimited")
        watchers: list[subprocess.Popen[bytes]] = []
        try:
            for pid, file in files.items():
                command = [str(PY_SPY), "record", *options, "--pid", str(pid), "--output", str(file)]
                watchers.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))  # noqa: S603 - this file's words
            yield
        finally:
            for watcher in watchers:
                watcher.send_signal(signal.SIGINT)
            for watcher in watchers:
                watcher.wait()
        for pid, file in files.items():
            if not file.exists():
                raise RuntimeError(f"py-spy could not attach to process {pid}; on Linux, it needs permission to trace")
            found[processes[pid]].update(looks(file.read_text(encoding="utf-8")))


def main() -> None:
    """Profile a backlog."""
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    figures.add_write_option(parser)
    options = parser.parse_args()
    with ending_signals_raise(), local_pipeline(REPOSITORY, parameters=PARAMETERS) as aws:
        bench = Bench(aws)
        bench.backlog(OURS, list(messages.orders(SIZE, 8 * OURS.batch_size, seed=99)), Measurement())
        processes = {process.pid: part for process, part in parts().items()}
        measured, found = Measurement(), defaultdict[str, Counter[str]](Counter)
        bodies = list(messages.orders(SIZE, MESSAGES))
        with watched(processes, found):
            for start in range(0, MESSAGES, BACKLOG):
                bench.backlog(OURS, bodies[start : start + BACKLOG], measured)
    lines = list(table(MESSAGES, measured.processor_seconds, found))
    print(*lines, sep="\n")
    figures.write(options.write, figures.measured_now({"size": SIZE, "lines": lines}))


if __name__ == "__main__":
    main()
