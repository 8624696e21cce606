"""Entry point of ``python -m pipeline_rename NAME``, in the root of the repository."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from new_stage.changed_files import undone_on_error
from new_stage.tool_process import ToolError

from pipeline_rename.names import Name, RenameError, check_name, current_name
from pipeline_rename.tree import RELEASES, regenerate, rename, too_long, tracked

HELP = """
Give the pipeline another name, such as acme-orders. It changes

  acme-orders    stacks, resources, paths of SSM parameters, distributions, documents
  acme_orders    the attribute of rejected messages, the wheels of the contracts, the group of entry points
  AcmeOrders     the namespace of the metrics
  Acme orders    titles

in all files that git tracks, and writes the locks' hashes, the wheels and the AsyncAPI document again.

Not changed: the packages that Python imports (pipeline_contracts, orchestrator, ...), the commands, the pictures of the
console, and the history in git.

Rename before the first deployment: what is deployed keeps its names, and another name makes other stacks beside it.
"""
NEXT = """
Renamed {old} to {new}. Review the changes with git diff, test them with ./nox, and commit them.
"""


def main() -> int:
    """Rename the pipeline; on an error, leave the tree unchanged and print the reason."""
    parser = argparse.ArgumentParser(
        prog="rename", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="at least two words of lower-case letters and digits, separated by hyphens")
    root, new = Path.cwd(), Name(parser.parse_args().name)
    try:
        old = current_name(root)
        files = tracked(root)
        check_name(root, files, new, old)
        with undone_on_error(files, root / RELEASES):
            rename(root, files, old, new)
            regenerate(root)
            lines = too_long(root)
    except (RenameError, ToolError) as error:
        sys.stderr.write(f"rename: {error}\n")
        return 1
    sys.stdout.write(NEXT.format(old=old.text, new=new.text))
    if lines:
        sys.stdout.write(f"\nThese lines are too long now; wrap them:\n{lines}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
