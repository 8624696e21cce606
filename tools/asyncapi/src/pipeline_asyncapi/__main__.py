"""Write contracts/asyncapi.yaml and docs/asyncapi.md: ``python -m pipeline_asyncapi REPOSITORY``."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline_asyncapi.files import written

for path, text in written(Path(sys.argv[1])).items():
    path.write_text(text, encoding="utf-8")
