"""``python -m pipeline_cli``: what ./nox -s deploy and ./nox -s delete run."""

import sys

from pipeline_cli.command import main

if __name__ == "__main__":
    sys.exit(main())
