"""``python -m bench.cold_start``: the import time of each handler from its package, and the package's size.

Each import is in a fresh process, on the interpreter that the package was built for, with only the package importable.
The unavoidable part is imported from the same package, in turn with the handler.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_testing.repository_copy import REPOSITORY
from pipeline_testing.stages import SERVICES, STAGES

from bench import figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROCESSES = 15
GOAL_TIMES, GOAL_MEGABYTES = 1.3, 6.0

MODEL = "import pydantic\nclass Model(pydantic.BaseModel):\n    name: str"
UNAVOIDABLE = {
    "orchestrator": f"{MODEL}\nimport aws_durable_execution_sdk_python, boto3\nboto3.client('sqs')",
    "storer": f"{MODEL}\nimport boto3\nboto3.client('dynamodb')",
    **{service: MODEL for service in SERVICES if service != "storer"},
}
"""The basis of each service: pydantic with one model, and the SDKs with a client."""

TIMED = """
import sys, time
sys.path.insert(0, sys.argv[1])
began = time.process_time()
{code}
print(time.process_time() - began)
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


def measure(python: str) -> Iterator[dict[str, Any]]:
    """Build, zip and unpack each service, and import from it.

    Times are medians, in milliseconds of processor time, which other processes do not lengthen.
    """
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
                handler.append(_milliseconds(python, task, f"import {service}.handler"))
                floor.append(_milliseconds(python, task, unavoidable))
            yield {
                "service": service,
                "megabytes": Path(package).stat().st_size / 1e6,
                "handler": statistics.median(handler),
                "unavoidable": statistics.median(floor),
            }


def _milliseconds(python: str, task: Path, code: str) -> float:
    command = [python, "-I", "-S", "-B", "-c", TIMED.format(code=code), str(task)]
    found = subprocess.run(command, check=True, capture_output=True, text=True, env=SETTINGS)  # noqa: S603
    return 1_000 * float(found.stdout)


def table(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield f"{figures.measured_on(found)} The handlers are imported by {found['measured']['interpreter']}."
    yield ""
    yield "| service | zipped, MB | goal ≤ 6 | handler, ms | unavoidable part, ms | times | goal ≤ 1.3 |"
    yield "|---|---:|---|---:|---:|---:|---|"
    for one in found["services"]:
        times = one["handler"] / one["unavoidable"]
        small, fast = ("met" if met else "NOT met" for met in (one["megabytes"] <= GOAL_MEGABYTES, times <= GOAL_TIMES))
        yield (
            f"| {one['service']} | {one['megabytes']:.1f} | {small} | {one['handler']:.0f} | "
            f"{one['unavoidable']:.0f} | {times:.2f} | {fast} |"
        )


def main() -> None:
    """Measure all services and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.cold_start", description=__doc__)
    figures.add_write_option(parser)
    options = parser.parse_args()
    python = shutil.which("python3.14") or sys.executable
    version = subprocess.run([python, "--version"], check=True, capture_output=True, text=True).stdout  # noqa: S603
    found = figures.measured_now({"services": list(measure(python))}, interpreter=version.strip())
    print(*table(found), sep="\n")
    figures.write(options.write, found)


if __name__ == "__main__":
    main()
