"""Entry point of ``python -m pipeline_examples``, with the names of one or more tutorials."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from pipeline_testing.repository_copy import REPOSITORY, whole_copy

from pipeline_examples.page import Commands, read_page
from pipeline_examples.tutorial import FailedError, Tutorial

PAGES = {
    "first-run": "docs/tutorials/first-run.md",
    "orders": "docs/tutorials/your-own-message.md",
    "stage": "docs/tutorials/your-own-stage.md",
    "rename": "docs/tutorials/your-own-name.md",
    "first-deployment": "docs/first-deployment.md",
}


def main() -> int:
    """Make the copy, and run the commands of the page in it."""
    parser = argparse.ArgumentParser(
        prog="example", description="Run tutorials, one after the other, in a scratch copy of the repository."
    )
    parser.add_argument("examples", nargs="+", choices=PAGES, metavar="TUTORIAL", help=", ".join(PAGES))
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the copy there; the folder must not exist")
    parser.add_argument("--tests", action="store_true", help="run the tests of all packages, too")
    options = parser.parse_args()
    if options.keep and options.keep.exists():
        parser.error(f"{options.keep} exists already; name a new folder")
    pages = [read_page((REPOSITORY / PAGES[name]).read_text("utf-8")) for name in options.examples]
    if options.tests:
        pages.append([Commands("./nox -s test")])
    with tempfile.TemporaryDirectory(prefix="pipeline-example-") as folder:
        copy = whole_copy(options.keep.absolute() if options.keep else Path(folder) / REPOSITORY.name)
        try:
            tutorial = Tutorial(copy, Path(folder))
            for steps in pages:
                tutorial.run(steps)
        except FailedError as error:
            sys.stderr.write(f"example: {error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
