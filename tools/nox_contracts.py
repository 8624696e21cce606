"""Testing every service with the contracts in contracts/src, before they are released."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import nox_environments as envs
from nox.command import CommandFailed
from packaging.version import Version

if TYPE_CHECKING:
    from pathlib import Path

    import nox


def broken(session: nox.Session) -> str:
    """Run each service's contract tests with a wheel of the sources; print a table, and name those that would break.

    Nothing is run if the sources are as released: the session contract-tests has their tests.
    """
    printed = session.run("python", "-m", "contracts_check", "next", silent=True, success_codes=[0])
    if not str(printed).strip():
        return ""
    following, wheel = Version(str(printed).strip()), _wheel(session)
    rows = [("service", "range", f"takes {following}", "contract tests")]
    for service in envs.SERVICES:
        declared = envs.contracts_range(service)
        rows.append(
            (service, str(declared), "yes" if following in declared else "no", _tested(session, service, wheel))
        )
    session.log("\n".join(["contracts/src in each service:", *(f"{a:16}{b:12}{c:14}{d}" for a, b, c, d in rows)]))
    return ", ".join(row[0] for row in rows if row[3] == "FAILED")


def _wheel(session: nox.Session) -> Path:
    folder = envs.environment(session) / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    build = ("uv", "build", "--quiet", "--wheel", str(envs.CONTRACTS), "--out-dir", str(folder))
    session.run_install(*build, external=True, silent=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _tested(session: nox.Session, service: str, wheel: Path) -> str:
    pytest = envs.contract_tests(session, service, wheel)
    env = envs.variables(session, service)
    with session.chdir(envs.SERVICES[service]):
        try:
            session.run(pytest, "--quiet", "--show-capture=no", "tests/contract", env=env, external=True, silent=True)
        except CommandFailed:
            return "FAILED"
    return "passed"
