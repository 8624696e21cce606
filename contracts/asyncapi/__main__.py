"""Write contracts/asyncapi.yaml and docs/asyncapi.md."""

from __future__ import annotations

from asyncapi.files import written

for path, text in written().items():
    path.write_text(text, encoding="utf-8")
