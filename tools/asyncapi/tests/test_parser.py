"""The official parser accepts the document, and refuses broken ones. ASYNCAPI_NODE_MODULES says where it is."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    "ASYNCAPI_NODE_MODULES" not in os.environ, reason="./nox -s asyncapi runs it, with Node.js"
)

NODE = shutil.which("node") or "node"
TOOL = Path(__file__).parents[1]
DOCUMENT = TOOL.parents[1] / "contracts" / "asyncapi.yaml"


def validate(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [NODE, TOOL / "validate.cjs", path],
        env=os.environ | {"NODE_PATH": os.environ["ASYNCAPI_NODE_MODULES"]},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_document_is_valid() -> None:
    done = validate(DOCUMENT)

    assert (done.returncode, done.stderr) == (0, "")
    assert "valid AsyncAPI 3.0.0" in done.stdout


@pytest.mark.parametrize(
    ("good", "broken", "words"),
    [
        ("action: receive", "action: recieve", '"action" property must be equal to one of the allowed values'),
        ("  title: Durable pipeline\n", "", 'must have required property "title"'),
        ("asyncapi: 3.0.0", "asyncapi: 9.9.9", 'Version "9.9.9" is not supported'),
        ("fifoQueue: false", "fifoQueue: perhaps", '"fifoQueue" property type must be boolean'),
        ("type: string", "type: sting", '"type" property must be equal to one of the allowed values'),
        ("#/servers/lambda'", "#/servers/nowhere'", "'#/servers/nowhere' does not exist"),
        (
            "#/components/schemas/PipelineMessage'",
            "#/components/schemas/No'",
            "'#/components/schemas/No' does not exist",
        ),
        (
            "- $ref: '#/channels/storer/messages/StorageRequest'",
            "- $ref: '#/channels/validator/messages/ValidationRequest'",
            "Operation message does not belong to the specified channel",
        ),
        ("channels:\n", "channels: ]\n", '"channels" property type must be object'),
    ],
)
def test_a_broken_document_is_refused(tmp_path: Path, good: str, broken: str, words: str) -> None:
    text = DOCUMENT.read_text("utf-8")
    assert good in text
    path = tmp_path / "asyncapi.yaml"
    path.write_text(text.replace(good, broken, 1), "utf-8")

    done = validate(path)

    assert done.returncode == 1
    assert words in done.stderr
