"""Reloading functions: check the source, build, and move the aliases of what has changed."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.errors import EmulatorError
from local_aws.executables import ministack_python
from local_aws.reload.functions import ReloadableFunction, reloadable_functions
from local_aws.reload.publish import Publisher
from local_aws.reload.rebuild import Rebuild, last_build
from local_aws.reload.source_files import source_files, syntax_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from local_aws.reload.application import Application

    Describe = Callable[[ReloadableFunction], str]


@dataclass(frozen=True)
class Reloaded:
    """Result of reloading one function: the live version, whether it is new, or why it is not."""

    function: ReloadableFunction
    version: str
    is_new: bool = False
    problem: str | None = None

    def __str__(self) -> str:
        """Format it in one line; a problem may take several more."""
        if self.problem:
            return f"{self.function.label}: not reloaded, version {self.version} stays live"
        return f"{self.function.label}: version {self.version} {'is live' if self.is_new else 'is unchanged'}"


class Reloader:
    """Reloads the functions of an application.

    ``shared`` are folders of source that all functions may be built with. ``variables`` are for the builds, in addition
    to those of the first one. ``describe`` may add a remark about the deployed package of a function.
    """

    def __init__(
        self,
        application: Application,
        *,
        shared: Sequence[Path] = (),
        variables: Mapping[str, str] | None = None,
        describe: Describe | None = None,
    ) -> None:
        """Find the functions; raises EmulatorError if none has a Makefile."""
        self.application = application
        self.functions = reloadable_functions(application)
        self.shared = [folder.resolve() for folder in shared]
        self._variables = variables or {}
        self._describe = describe
        self._publisher = Publisher(application.endpoint)
        if not self.functions:
            raise EmulatorError(f"{application.template} has no function with BuildMethod: makefile to reload")

    def named(self, names: Sequence[str]) -> list[ReloadableFunction]:
        """Return the functions of these labels or names; raises EmulatorError for an unknown name.

        The name of a shared folder, or of the package whose ``src`` it is, means all of them.
        """
        shared = [folder.parent.name if folder.name == "src" else folder.name for folder in self.shared]
        if {*shared} & {*names}:
            return self.functions
        found = {name: [one for one in self.functions if name in (one.label, one.name)] for name in names}
        if unknown := [name for name, functions in found.items() if not functions]:
            known = [*(one.label for one in self.functions), *shared]
            raise EmulatorError(f"there is no {', '.join(unknown)} to reload, only {', '.join(known)}")
        return [one for functions in found.values() for one in functions]

    def made_from(self, paths: Sequence[Path]) -> list[ReloadableFunction]:
        """Return the functions whose source contains any of the files."""
        if any(path.is_relative_to(folder) for path in paths for folder in self.shared):
            return self.functions
        return [one for one in self.functions if any(path.is_relative_to(one.source) for path in paths)]

    def outdated(self) -> list[ReloadableFunction]:
        """Return the functions whose source was saved after their last build had started."""
        return [
            function
            for function in self.functions
            for built in [last_build(self.application, function).stat().st_mtime_ns]
            if any(_saved(path) > built for folder in (function.source, *self.shared) for path in source_files(folder))
        ]

    def reload(self, functions: Sequence[ReloadableFunction]) -> list[Reloaded]:
        """Reload functions; one that cannot be built keeps its version, and the others continue."""
        with self._alone():
            problems, rebuilds = self._build(functions)
            changed = [rebuild for rebuild in rebuilds if rebuild.differs]
            versions: dict[str, str] = {}
            for rebuild in changed:
                with _reported(problems, rebuild.function):
                    self._publisher.update(rebuild.function, rebuild.folder)
            for rebuild in changed:
                if rebuild.function.name not in problems:
                    with _reported(problems, rebuild.function):
                        versions[rebuild.function.name] = self._publisher.publish(rebuild.function)
                        rebuild.take_over()
        return [
            Reloaded(
                function,
                versions.get(function.name) or self._publisher.live_version(function),
                is_new=function.name in versions,
                problem=problems.get(function.name),
            )
            for function in functions
        ]

    def live_version(self, function: ReloadableFunction) -> str:
        """Return the version that a function's alias points to."""
        return self._publisher.live_version(function)

    def describe(self, function: ReloadableFunction) -> str:
        """Describe the deployed package of a function, in the words of the caller."""
        return self._describe(function) if self._describe else ""

    def _build(self, functions: Sequence[ReloadableFunction]) -> tuple[dict[str, str], list[Rebuild]]:
        problems: dict[str, str] = {}
        running, built = [], []
        folders = dict.fromkeys([*self.shared, *(function.source for function in functions)])
        try:
            errors = syntax_errors(ministack_python(), list(folders))
        except EmulatorError as error:
            return {function.name: str(error) for function in functions}, []
        try:
            for function in functions:
                if own := [error for path, error in errors.items() if function in self.made_from([path])]:
                    problems[function.name] = "\n".join(own)
                    continue
                with _reported(problems, function):
                    running.append(Rebuild.start(self.application, function, self._variables))
            while running:
                with _reported(problems, running[0].function):
                    running[0].wait()
                    built.append(running[0])
                running.pop(0)
        finally:
            for rebuild in running:
                rebuild.process.kill()
        return problems, built

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.application.run / "reload.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _saved(path: Path) -> int:
    """Return when a file was saved, in nanoseconds; 0 if it is gone, or a broken link."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@contextmanager
def _reported(problems: dict[str, str], function: ReloadableFunction) -> Iterator[None]:
    try:
        yield
    except (EmulatorError, ClientError, BotoCoreError, OSError) as error:
        problems[function.name] = str(error)
