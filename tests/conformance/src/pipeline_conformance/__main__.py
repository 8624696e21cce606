"""``python -m pipeline_conformance``: run the suites with and without the SDK's patches, and compare the reports."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from local_aws.emulator import Emulator

from pipeline_conformance.expectation import differences, known_failures, statuses
from pipeline_conformance.runner import run_suites

EXPECTED = Path(__file__).parents[2] / "expected.toml"


def main() -> int:
    """Return 1 if a report differs from what is expected."""
    argparse.ArgumentParser(prog="conformance", description=__doc__).parse_args()
    known, failed = known_failures(EXPECTED), False
    with (
        tempfile.TemporaryDirectory(prefix="conformance-") as folder,
        Emulator.start(Path(folder), template=None) as aws,
    ):
        aws.run([])
        endpoint = aws.one_endpoint()
        for sdk_patch in (True, False):
            found = statuses(run_suites(aws, endpoint, sdk_patch=sdk_patch))
            unexpected = differences(found, known)
            passed = sum(status == "PASSED" for status in found.values())
            label = "with the patches of the SDK" if sdk_patch else "without the patches"
            print(f"conformance {label}: {passed} of {len(found)} pass, {len(known)} known failures", flush=True)
            for line in unexpected:
                print(f"  unexpected: {line}", file=sys.stderr, flush=True)
            failed |= bool(unexpected)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
