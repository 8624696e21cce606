"""``python -m bench.cold_start``: how long each handler takes to import from its package, and how large that is.

Each import is in a fresh process, on the interpreter that the package was built for, with nothing importable but the
package. What cannot be avoided is imported from the same package, in turns with the handler.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_testing.stages import SERVICES, STAGES

from bench import report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

REPOSITORY = Path(__file__).resolve().parents[3]
PROCESSES = 15
GOAL_TIMES, GOAL_MEGABYTES = 1.3, 6.0

MODEL = "import pydantic\nclass Model(pydantic.BaseModel):\n    name: str"
UNAVOIDABLE = {
    "orchestrator": f"{MODEL}\nimport aws_durable_execution_sdk_python, boto3\nboto3.client('sqs')",
    "storer": f"{MODEL}\nimport boto3\nboto3.client('dynamodb')",
    **{service: MODEL for service in SERVICES if service != "storer"},
}
"""What each service is built on: pydantic with one model, and the SDKs with a client."""

TIMED = """
import sys, time
sys.path.insert(0, sys.argv[1])
began = time.{clock}()
{code}
print(time.{clock}() - began)
"""

SETTINGS = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_DEFAULT_REGION": "us-east-1",
    "ENVIRONMENT": "bench",
    "INVALID_MESSAGE_QUEUE_URL": "none",
    "POWERTOOLS_METRICS_NAMESPACE": "bench",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "PROCESSED_DATA_TABLE": "none",
    **{stage["variable"]: "none" for stage in STAGES},
}


@dataclass(frozen=True)
class ColdStart:
    """One service; times are medians, in milliseconds of processor time, which other processes do not lengthen."""

    service: str
    megabytes: float
    handler: float
    unavoidable: float

    @property
    def times(self) -> float:
        """How many times the unavoidable part the handler takes."""
        return self.handler / self.unavoidable


def measure(python: str, clock: str) -> Iterator[ColdStart]:
    """Build, zip and unpack each service, and import from it."""
    with tempfile.TemporaryDirectory() as name:
        for service, unavoidable in UNAVOIDABLE.items():
            folder, task = Path(name, "built", service), Path(name, "task", service)
            command = [python, "-m", "service_build", str(REPOSITORY / "services" / service), str(folder)]
            variables = {"PYTHONPATH": str(REPOSITORY / "tools/service-build/src"), "BUILD_TARGET": "host"}
            subprocess.run(command, check=True, env=os.environ | variables)  # noqa: S603 - words of this file
            package = shutil.make_archive(str(folder), "zip", folder)
            with zipfile.ZipFile(package) as archive:
                archive.extractall(task)
            handler, floor = [], []
            for _ in range(PROCESSES):
                handler.append(_milliseconds(python, task, f"import {service}.handler", clock))
                floor.append(_milliseconds(python, task, unavoidable, clock))
            size = Path(package).stat().st_size / 1e6
            yield ColdStart(service, size, statistics.median(handler), statistics.median(floor))


def _milliseconds(python: str, task: Path, code: str, clock: str) -> float:
    command = [python, "-I", "-S", "-B", "-c", TIMED.format(code=code, clock=clock), str(task)]
    found = subprocess.run(command, check=True, capture_output=True, text=True, env=SETTINGS)  # noqa: S603
    return 1_000 * float(found.stdout)


def table(found: Iterable[ColdStart]) -> Iterator[str]:
    """Give a Markdown table."""
    yield "| service | zipped, MB | goal ≤ 6 | handler, ms | unavoidable part, ms | times | goal ≤ 1.3 |"
    yield "|---|---:|---|---:|---:|---:|---|"
    for one in found:
        small, fast = one.megabytes <= GOAL_MEGABYTES, one.times <= GOAL_TIMES
        yield (
            f"| {one.service} | {one.megabytes:.1f} | {_met(small)} | {one.handler:.0f} | {one.unavoidable:.0f} | "
            f"{one.times:.2f} | {_met(fast)} |"
        )


def _met(met: bool) -> str:  # noqa: FBT001 - a goal is met or not
    return "met" if met else "NOT met"


def main(arguments: list[str] | None = None) -> int:
    """Measure all services and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.cold_start", description=__doc__)
    parser.add_argument("--python", default=shutil.which("python3.14") or sys.executable, help="(default: %(default)s)")
    parser.add_argument("--wall", action="store_true", help="take the wall clock, on a machine that does nothing else")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the figures as JSON")
    options = parser.parse_args(arguments)
    found = list(measure(options.python, "perf_counter" if options.wall else "process_time"))
    print("\n".join(table(found)))
    if options.write:
        version = subprocess.run([options.python, "--version"], check=True, capture_output=True, text=True).stdout  # noqa: S603
        measured = {**report.measured_on(), "interpreter": version.strip()}
        figures = {"measured": measured, "services": [asdict(one) for one in found]}
        options.write.write_text(f"{json.dumps(figures, indent=1)}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
