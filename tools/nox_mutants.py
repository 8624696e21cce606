"""Mutation tests: which small changes of a package's code its tests detect."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import nox_environments as envs

if TYPE_CHECKING:
    import nox

# A process that has run a test may have threads, and must not be forked. With -s, loggers keep an open stdout.
_SETTINGS = """[mutmut]
process_isolation = forkserver
pytest_add_cli_args = -s
also_copy = pipeline.json
"""
_NOTICED = ("killed", "timeout")


def score(session: nox.Session, package: str, *patterns: str) -> str:
    """Mutate a copy of a package, log the changes that its tests do not detect, and return the detected share."""
    envs.install_tests(session, package, envs.group("mutants"))
    env = envs.variables(session, package)
    copy = envs.environment(session) / "copies" / package
    shutil.rmtree(copy, ignore_errors=True)  # otherwise, mutmut would keep the results of earlier tests
    shutil.copytree(envs.PACKAGES[package], copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    (copy / "setup.cfg").write_text(_SETTINGS, encoding="utf-8")
    with session.chdir(copy):
        session.run("mutmut", "run", *patterns, env=env)
        results = str(session.run("mutmut", "results", "--all", "true", silent=True, log=False))
    outcomes = dict(line.strip().split(": ") for line in results.splitlines() if "not checked" not in line)
    alive = [f"{mutant} {outcome}" for mutant, outcome in outcomes.items() if outcome not in _NOTICED]
    session.log("\n".join(("not killed", *alive)))
    killed = len(outcomes) - len(alive)
    return f"{package:12} {killed:4} of {len(outcomes):4} killed, {killed / len(outcomes):.0%}"
