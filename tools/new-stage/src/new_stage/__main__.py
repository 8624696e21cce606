"""``python -m new_stage NAME --after STAGE``, in the root of the repository."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from new_stage.edits import Edits
from new_stage.errors import NewStageError
from new_stage.generated import regenerate
from new_stage.names import Names, check_name
from new_stage.registration import register
from new_stage.service import write_service
from new_stage.stages import Stages

NEXT = """
Stage {name} is in the pipeline, after {after}. Write its logic:

    {logic}

    ./nox -s "test({name})"    # its tests
    ./nox -s demo              # the pipeline with it; the stored item has contributions.{name}

Executions in flight do not have it: drain the pipeline before you deploy the orchestrator, as docs/operations.md says.
"""


def main() -> int:
    """Add the stage, or leave the tree as it was and say why."""
    parser = argparse.ArgumentParser(prog="new-stage", description="Add a stage of your own to the pipeline.")
    parser.add_argument("name", help="of the stage, its service and its folder; a Python identifier in lower case")
    parser.add_argument("--after", required=True, metavar="STAGE", help="the stage that it follows")
    options = parser.parse_args()
    root = Path.cwd()
    try:
        with Edits(root) as edits:
            stages = Stages.read(root)
            check_name(options.name, stages, root)
            stages.check_after(options.after)
            names = Names(options.name, stages[options.after])
            write_service(edits, names)
            register(edits, names)
            edits.write()
            regenerate(edits, options.name)
    except NewStageError as error:
        sys.stderr.write(f"new-stage: {error}\n")
        return 1
    logic = f"services/{options.name}/src/{options.name}/logic.py"
    sys.stdout.write(NEXT.format(name=options.name, after=options.after, logic=logic))
    return 0


if __name__ == "__main__":
    sys.exit(main())
