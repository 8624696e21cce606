"""Look up every pinned package of the services in PyPI's register of known vulnerabilities.

    python -m supply_chain.audit [--if-reachable] services/*/requirements.lock

pip-audit calls a package that the register does not know "skipped", and a run that skipped everything "no known
vulnerabilities". So a release with known vulnerabilities is looked up first: if none are reported for that one, the
register was not reached, and nothing was audited.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from supply_chain import OWN

CONTROL = "requests==2.19.0"
"""Has known vulnerabilities, the first of them CVE-2018-18074."""


class NotAuditedError(Exception):
    """pip-audit gave no result; the message has its output."""


def main(arguments: list[str] | None = None) -> int:
    """Audit the locks; return 0 if no vulnerability is known, or if the register may be, and is, unreachable."""
    parser = argparse.ArgumentParser(prog="supply_chain.audit")
    parser.add_argument("--if-reachable", action="store_true", help="succeed, and say so, if nothing can be looked up")
    parser.add_argument("locks", nargs="+", type=Path)
    options = parser.parse_args(arguments)
    try:
        vulnerable = audit(options.locks)
    except NotAuditedError as error:
        print(f"NOT AUDITED: {error}", file=sys.stderr)
        return 0 if options.if_reachable else 2
    for line in vulnerable:
        print(line)
    print(f"locks audited: {len(options.locks)}, known vulnerabilities: {len(vulnerable)}")
    return 1 if vulnerable else 0


def audit(locks: list[Path]) -> list[str]:
    """List packages with their vulnerabilities; raises NotAuditedError if one package was not looked up."""
    if not any(package.get("vulns") for package in looked_up(CONTROL, "--no-deps")):
        raise NotAuditedError(
            f"no vulnerability was found for {CONTROL}, which has known ones: PyPI's data was not reached"
        )
    found = []
    for lock in locks:
        pins = re.split(r"^(?=\S)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
        others = "".join(pin for pin in pins if not pin.startswith(OWN))
        for package in looked_up(others, "--require-hashes"):
            if "skip_reason" in package:
                raise NotAuditedError(f"{lock}: {package['skip_reason']}")
            found += [f"{lock}: {package['name']} {package['version']}: {one['id']}" for one in package["vulns"]]
    return found


def looked_up(requirements: str, option: str) -> list[dict[str, Any]]:
    """Look packages up with pip-audit: each with its vulnerabilities, or the reason why it was skipped."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "requirements.txt")
        file.write_text(requirements, encoding="utf-8")
        command = ["pip-audit", "--disable-pip", option, "--format=json", "--progress-spinner=off", "-r", str(file)]
        ended = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - words of this file
    try:
        packages: list[dict[str, Any]] = json.loads(ended.stdout)["dependencies"]
    except (ValueError, KeyError) as error:
        raise NotAuditedError(ended.stderr.strip() or f"pip-audit ended with {ended.returncode}") from error
    return packages


if __name__ == "__main__":
    sys.exit(main())
