"""The JSON Schemas of the contracts, generated from the models.

    python -m contracts_check.schemas [WHEEL]

prints those of a wheel, or of the installed package, as one JSON object: `{file name: schema}`.
"""

from __future__ import annotations

import json
import pkgutil
import re
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from contracts_check.releases import CONTRACTS

if TYPE_CHECKING:
    from pathlib import Path

    from packaging.version import Version
    from pydantic import BaseModel

    from contracts_check.differences import Schema

FOLDER = CONTRACTS / "schemas"
"""The folder with the schemas of every released version, by version."""


def generate() -> dict[str, Schema]:
    """Describe each exchange and the SQS body, as its reader accepts it, by file name."""
    import pipeline_contracts
    from pipeline_contracts.exchange import Exchange

    for module in pkgutil.iter_modules(pipeline_contracts.__path__):
        import_module(f"pipeline_contracts.{module.name}")
    exchanges = sorted(Exchange.__subclasses__(), key=lambda model: model.__name__)
    models: list[type[BaseModel]] = [*exchanges, pipeline_contracts.PipelineMessage]
    return {
        (name := re.sub(r"(?<!^)(?=[A-Z])", "-", model.__name__).lower()) + ".json": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"urn:durable-pipeline:contracts:{pipeline_contracts.VERSION}:{name}",
            **model.model_json_schema(mode="validation"),
        }
        for model in models
    }


def of_wheel(wheel: Path) -> dict[str, Schema]:
    """Generate the schemas of a wheel, in a process that imports the models from it."""
    command = [sys.executable, "-m", "contracts_check.schemas", str(wheel)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - words of this file
    schemas: dict[str, Schema] = json.loads(printed.stdout)
    return schemas


def committed(version: Version) -> dict[str, Schema]:
    """Read the schemas of a released version."""
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in (FOLDER / str(version)).glob("*.json")}


def write(schemas: dict[str, Schema], version: Version) -> None:
    """Write the schemas of a version that is being released."""
    folder = FOLDER / str(version)
    folder.mkdir(parents=True)
    for name, schema in schemas.items():
        text = json.dumps(schema, indent=2, ensure_ascii=False)
        (folder / name).write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.path[:0] = sys.argv[1:]
    print(json.dumps(generate()))
