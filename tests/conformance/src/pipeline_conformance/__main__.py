"""``python -m pipeline_conformance``: run the suites with and without the SDK's patches, and compare the reports."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from local_aws.emulator import Emulator
from local_aws.errors import EmulatorError

from pipeline_conformance.expectation import differences, known_failures, results
from pipeline_conformance.runner import run_suites

EXPECTED = Path(__file__).parents[2] / "expected.toml"


def main() -> int:
    """Return 1 if a report differs from the expected one; the logs and the histories are kept in that case."""
    argparse.ArgumentParser(prog="conformance", description=__doc__).parse_args()
    known, status = known_failures(EXPECTED), 0
    try:
        with Emulator.start(Path.cwd(), template=None) as aws:
            aws.run([])
            endpoint = aws.one_endpoint()
            for sdk_patch in (True, False):
                found = results(run_suites(aws, endpoint, sdk_patch=sdk_patch))
                passed = sum(result.passed for result in found.values())
                label = "with the patches of the SDK" if sdk_patch else "without the patches"
                print(f"conformance {label}: {passed} of {len(found)} pass, {len(known)} known to fail", flush=True)
                for line in differences(found, known):
                    status, aws.keep_logs = 1, True
                    print(f"  unexpected: {line}", file=sys.stderr, flush=True)
            if status:
                print(f"the runner's output and the histories are in {aws.logs}", file=sys.stderr)
    except EmulatorError as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
