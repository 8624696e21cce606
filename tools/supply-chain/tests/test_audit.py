"""When the audit reports success, and when it reports that it does not know. A script replaces pip-audit."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from supply_chain.audit import main

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = {"name": "requests", "version": "2.19.0", "vulns": [{"id": "PYSEC-2018-28"}]}
CLEAN = {"name": "six", "version": "1.17.0", "vulns": []}
BAD = {"name": "six", "version": "1.17.0", "vulns": [{"id": "PYSEC-1"}]}
SKIPPED = {"name": "six", "skip_reason": "Dependency not found on PyPI"}


@pytest.fixture
def audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the audit of one lock, with pip-audit's answers for the control and then for the lock."""
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "durable-pipeline-contracts==1.0.0 \\\n    --hash=sha256:00\nsix==1.17.0 \\\n    --hash=sha256:11\n"
    )

    def run(control: Any, answer: Any, *options: str) -> int:
        answers = {"control": json.dumps({"dependencies": [control]}), "lock": json.dumps({"dependencies": [answer]})}
        script = tmp_path / "pip-audit"
        script.write_text(
            f"#!{sys.executable}\n"
            "import sys, pathlib\n"
            "text = pathlib.Path(sys.argv[-1]).read_text()\n"
            "assert 'durable-pipeline' not in text, text\n"
            f"print({answers!r}['control' if 'requests' in text else 'lock'])\n"
        )
        script.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        return main([*options, str(lock)])

    return run


def test_an_audit_without_known_vulnerabilities_succeeds(audit: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(KNOWN, CLEAN) == 0
    assert "locks audited: 1, known vulnerabilities: 0" in capsys.readouterr().out


@pytest.mark.parametrize("options", [(), ("--if-reachable",)])
def test_a_known_vulnerability_fails_and_is_named(
    audit: Any, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    assert audit(KNOWN, BAD, *options) == 1
    assert "six 1.17.0: PYSEC-1" in capsys.readouterr().out


@pytest.mark.parametrize(("control", "answer"), [(CLEAN, CLEAN), (SKIPPED, SKIPPED), (KNOWN, SKIPPED)])
def test_an_audit_without_a_lookup_is_not_a_success(
    audit: Any, capsys: pytest.CaptureFixture[str], control: Any, answer: Any
) -> None:
    assert audit(control, answer) == 2
    assert audit(control, answer, "--if-reachable") == 0
    output = capsys.readouterr()
    assert output.err.count("NOT AUDITED") == 2
    assert "audited, 0" not in output.out
