"""``python -m bench.profile``: where the pipeline's processes are while a backlog is worked off.

py-spy looks at each process a hundred times a second. A look at a thread that holds the interpreter counts for the
innermost function of the pipeline or of the durable SDK: what a library does counts for who called it.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from local_aws.signals import ending_signals_raise
from pipeline_cli.local import local_pipeline
from pipeline_testing.repository_copy import REPOSITORY

from bench import figures, messages
from bench.measure import Bench, Measurement
from bench.variants import OURS, PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MESSAGES, SIZE = 4_000, 1_024
PARTS = {
    "event source mapping": "local_aws.event_source",
    "orchestrator": "-durable-pipeline-orchestrator-",
    "validator": "-durable-pipeline-validator-",
    "transformer": "-durable-pipeline-transformer-",
    "storer": "-durable-pipeline-storer-",
    "durable service": "dex-local-runner",
    "MiniStack": "ministack_patch.py",
}
"""What the command line of a part's processes has."""
SHOWN_OF = ("orchestrator", "storer", "event source mapping")
SHOWN = 8
BACKLOG = 1_000
"""Messages that wait at once: MiniStack goes through all of them at each call, which SQS does not."""
SDK = "aws_durable_execution_sdk_python"
PY_SPY = Path(sys.executable).with_name("py-spy")
OWN = (*(f"{name}/" for name in ("orchestrator", "storer", "pipeline_contracts", "local_aws", SDK)), "_worker.py")
"""The last is MiniStack's, which reads the event where Lambda's runtime does."""


def part_of(command: str) -> str | None:
    """Name the part that a command line belongs to."""
    return next((part for part, words in PARTS.items() if words in command), None)


def place(stack: str) -> str:
    """Name the innermost function of ours or the SDK's in a stack of py-spy's raw format, outermost frame first."""
    for frame in reversed(stack.split(";")):
        function, _, path = frame.partition(" (")
        for root in OWN:
            _, found, rest = path.partition(":")[0].rpartition(f"/{root}")
            if found:
                return f"{root}{rest} {function}"
    return "elsewhere"


def looks(raw: str) -> Counter[str]:
    """Count by place what py-spy wrote in its raw format: a stack and its number in each line."""
    found: Counter[str] = Counter()
    for line in raw.splitlines():
        stack, _, count = line.rpartition(" ")
        found[place(stack)] += int(count)
    return found


def table(count: int, seconds: Mapping[str, float], found: Mapping[str, Counter[str]]) -> Iterator[str]:
    """Give the processor time of each part, and where those that are ours spent it."""
    for part, spent in sorted(seconds.items(), key=lambda item: -item[1]):
        yield f"{part}: {1_000 * spent / count:.2f} ms of processor time a message"
        total = found[part].total()
        for name, number in found[part].most_common(SHOWN if part in SHOWN_OF else 0):
            yield f"  {number / total:5.0%}  {name}"


@contextmanager
def clocked(processes: Mapping[int, str], seconds: dict[str, float]) -> Iterator[None]:
    """Add the processor time that processes take meanwhile to that of their parts."""

    def add(sign: int) -> None:
        for pid, part in processes.items():
            seconds[part] += sign * sum(psutil.Process(pid).cpu_times()[:2])

    add(-1)
    yield
    add(1)


@contextmanager
def watched(processes: Mapping[int, str], found: Mapping[str, Counter[str]]) -> Iterator[None]:
    """Let py-spy look at processes, and add its looks to those of the part that each belongs to."""
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
                raise RuntimeError(f"py-spy could not look at process {pid}; on Linux it takes the right to trace")
            found[processes[pid]].update(looks(file.read_text(encoding="utf-8")))


def main() -> None:
    """Profile a backlog."""
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    figures.add_write_option(parser)
    options = parser.parse_args()
    with ending_signals_raise(), local_pipeline(REPOSITORY, parameters=PARAMETERS) as aws:
        bench = Bench(aws)
        bench.backlog(OURS, list(messages.orders(SIZE, 8 * OURS.batch_size, seed=99)), Measurement())
        children = psutil.Process().children(recursive=True)
        parts = {child.pid: part for child in children if (part := part_of(" ".join(child.cmdline())))}
        seconds, found = dict.fromkeys(PARTS, 0.0), {part: Counter[str]() for part in PARTS}
        bodies = list(messages.orders(SIZE, MESSAGES))
        with watched(parts, found):
            for start in range(0, MESSAGES, BACKLOG):
                during = clocked(parts, seconds)
                bench.backlog(OURS, bodies[start : start + BACKLOG], Measurement(), during=during)
    lines = list(table(MESSAGES, seconds, found))
    print(*lines, sep="\n")
    figures.write(options.write, figures.measured_now({"size": SIZE, "lines": lines}))


if __name__ == "__main__":
    main()
