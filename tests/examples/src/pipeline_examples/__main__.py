"""``python -m pipeline_examples orders|stage|rename``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from pipeline_testing.repository_copy import REPOSITORY, whole_copy

from pipeline_examples import orders, rename, stage
from pipeline_examples.checkout import Checkout, FailedError

EXAMPLES = {"orders": orders.run, "stage": stage.run, "rename": rename.run}


def main() -> int:
    """Make the copy, and run the example in it."""
    parser = argparse.ArgumentParser(prog="example", description=__doc__)
    parser.add_argument("example", choices=EXAMPLES)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the copy there; the folder must not exist")
    parser.add_argument("--tests", action="store_true", help="run the tests of all packages, too")
    options = parser.parse_args()
    if options.keep and options.keep.exists():
        parser.error(f"{options.keep} exists already; name a new folder")
    with tempfile.TemporaryDirectory(prefix="pipeline-example-") as folder:
        copy = whole_copy(options.keep.absolute() if options.keep else Path(folder) / REPOSITORY.name)
        try:
            EXAMPLES[options.example](Checkout(copy), tests=options.tests)
        except FailedError as error:
            sys.stderr.write(f"example: {error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
