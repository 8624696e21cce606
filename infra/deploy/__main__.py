"""``python -m deploy``: what ./nox -s deploy and ./nox -s delete run."""

import sys

from deploy.command import main

if __name__ == "__main__":
    sys.exit(main())
