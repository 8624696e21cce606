"""Write contracts/asyncapi.yaml: ``python -m pipeline_asyncapi REPOSITORY``."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline_asyncapi.document import FILE, written

repository = Path(sys.argv[1])
(repository / FILE).write_text(written(repository), encoding="utf-8")
