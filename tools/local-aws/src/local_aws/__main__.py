"""``python -m local_aws``: the same as the command ``local-aws``."""

import sys

from local_aws.command import main

if __name__ == "__main__":
    sys.exit(main())
