"""Entry point of ``python -m new_stage NAME --after STAGE``, in the root of the repository."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from new_stage.changed_files import CHANGED, GOLDEN, undone_on_error
from new_stage.generated import regenerate
from new_stage.registration import register
from new_stage.service import write_service
from new_stage.stages import NewStageError, new_and_former
from new_stage.tool_process import ToolError

NEXT = """
Stage {name} is in the pipeline, after {after}. Write its logic:

    services/{name}/src/{name}/logic.py

    ./nox -s "test({name})"    # its tests
    ./nox -s demo              # the pipeline with it; the stored item has contributions.{name}

Executions in flight do not have it: drain the pipeline before you deploy the orchestrator (docs/operations/pausing.md).
"""


def main() -> int:
    """Add the stage; on an error, leave the tree unchanged and print the reason."""
    parser = argparse.ArgumentParser(prog="new-stage", description="Add a stage of your own to the pipeline.")
    parser.add_argument("name", help="name of the stage, its service and its folder: lower-case letters and digits")
    parser.add_argument("--after", required=True, metavar="STAGE", help="the stage that it follows")
    options = parser.parse_args()
    root = Path.cwd()
    try:
        new, former = new_and_former(root, options.name, options.after)
        files = [root / name for name in CHANGED]
        with undone_on_error(files, root / GOLDEN, root / "services" / new.service):
            write_service(root, new)
            register(root, new, former)
            regenerate(root, new.service)
    except (NewStageError, ToolError) as error:
        sys.stderr.write(f"new-stage: {error}\n")
        return 1
    sys.stdout.write(NEXT.format(name=options.name, after=options.after))
    return 0


if __name__ == "__main__":
    sys.exit(main())
