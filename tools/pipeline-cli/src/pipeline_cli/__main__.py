"""Entry point of `python -m pipeline_cli`, which ./nox -s pipeline runs."""

import sys

from pipeline_cli.app import main

if __name__ == "__main__":
    sys.exit(main())
