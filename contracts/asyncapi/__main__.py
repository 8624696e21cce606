"""Write contracts/asyncapi.yaml."""

from __future__ import annotations

from asyncapi.files import PATH, written

PATH.write_text(written(), encoding="utf-8")
