"""Entry point of ``python -m docs_site``, which ./nox -s docs runs."""

from __future__ import annotations

import argparse
import subprocess
import sys
from typing import TYPE_CHECKING

from docs_site import REPOSITORY, built_site, serving
from docs_site.reference import pages
from docs_site.staging import Staging

if TYPE_CHECKING:
    from pathlib import Path

OUTPUT = REPOSITORY / "dist/docs"


def main() -> int:
    """Compare the generated pages with the code, then build the site strictly and check it."""
    parser = argparse.ArgumentParser(prog="./nox -s docs --", description="Build the documentation site.")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--write", action="store_true", help="generate docs/reference and the list of decisions, no more")
    mode.add_argument("--serve", action="store_true", help="show the site, and build a page again when it is saved")
    options = parser.parse_args()
    if options.write:
        for path, text in pages.generated().items():
            path.write_text(text, encoding="utf-8")
        return 0
    staging = Staging.of(REPOSITORY, OUTPUT)
    staging.write()
    if options.serve:
        return serving.serve(staging)
    stale = pages.stale()
    for path in stale:
        print(f"{path.relative_to(REPOSITORY)} is stale: run ./nox -s docs -- --write")
    return 1 if stale else build(staging.folder)


def build(folder: Path) -> int:
    """Build the site, and print its problems; return how many there are."""
    subprocess.run([sys.executable, "-m", "zensical", "build", "--clean", "--strict"], cwd=folder, check=True)
    problems = built_site.problems(folder / "site")
    for problem in problems:
        print(problem)
    print(f"{folder / 'site' / 'index.html'}: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
