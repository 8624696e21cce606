"""Rebuilding one function, as the SAM CLI does: make, in a copy of the source folder."""

from __future__ import annotations

import filecmp
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local_aws.environment import build_environment
from local_aws.executables import ministack_python
from local_aws.process import ChildProcess

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_aws.reload.application import Application
    from local_aws.reload.functions import ReloadableFunction

BUILD_CACHE = "BUILD_CACHE"
"""The variable that names a folder in which builds may keep files for later builds; the caller may set it."""

_BEGUN = "begun"
_BUILD_SECONDS = 900.0
# https://github.com/aws/aws-lambda-builders/blob/develop/aws_lambda_builders/workflows/custom_make/workflow.py
_NOT_COPIED = shutil.ignore_patterns(".aws-sam", ".git", "__pycache__")


@dataclass(frozen=True)
class Rebuild:
    """A build that runs concurrently with others; ``folder`` is where the package will be."""

    function: ReloadableFunction
    folder: Path
    process: ChildProcess

    @classmethod
    def start(cls, application: Application, function: ReloadableFunction, variables: Mapping[str, str]) -> Rebuild:
        """Start to build a function, with variables in addition to those of the first build."""
        run = application.run
        parent = run / "reload" / function.name
        shutil.rmtree(parent, ignore_errors=True)
        folder, copy, log = parent / "package", parent / "source", run / "logs" / f"reload-{function.label}.log"
        folder.mkdir(parents=True)
        (parent / _BEGUN).touch()
        shutil.copytree(function.source, copy, ignore=_NOT_COPIED)
        log.unlink(missing_ok=True)
        environment = {
            **build_environment(run.name, run, application.endpoint, ministack_python()),
            **application.variables,
            BUILD_CACHE: str(build_cache(run)),
            **variables,
            "ARTIFACTS_DIR": str(folder),
        }
        command = ["make", "--makefile", str(function.source / "Makefile"), f"build-{function.logical_id}"]
        name = f"the build of {function.label}"
        process = ChildProcess(name, command, environment=environment, folder=copy, log=log)
        process.start()
        return cls(function, folder, process)

    def wait(self) -> None:
        """Wait until it is built; raises PartFailedError, with the log, if the build fails."""
        self.process.wait_for_success(seconds=_BUILD_SECONDS)
        # It gets the time of the copy of the source.
        (self.folder.parent / _BEGUN).rename(self.folder.parents[1] / _built_name(self.function))

    @property
    def differs(self) -> bool:
        """Whether the result differs from what is deployed."""
        return _files(self.folder) != _files(self.function.package) or any(
            not filecmp.cmp(self.folder / name, self.function.package / name, shallow=False)
            for name in _files(self.folder)
        )

    def take_over(self) -> None:
        """Replace the deployed package by the new one."""
        former = self.folder.with_name("former")
        self.function.package.rename(former)
        self.folder.rename(self.function.package)
        shutil.rmtree(former)


def last_build(application: Application, function: ReloadableFunction) -> Path:
    """Return a file that is as old as the source of the last successful build."""
    built = application.run / "reload" / _built_name(function)
    return built if built.exists() else application.record


def _built_name(function: ReloadableFunction) -> str:
    return f"{function.name}.built"


def build_cache(run: Path) -> Path:
    """Return the folder in which builds may keep files: the same for all runs."""
    return Path(os.environ.get(BUILD_CACHE) or run.parents[1] / "builds")


def _files(folder: Path) -> set[str]:
    return {
        os.path.relpath(os.path.join(parent, name), folder)  # noqa: PTH118
        for parent, _, names in os.walk(folder)
        for name in names
    }
