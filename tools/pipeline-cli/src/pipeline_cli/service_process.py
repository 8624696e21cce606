"""A service of this checkout, as a separate process in its own environment."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, Self

from pipeline_cli import service_driver
from pipeline_cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Nothing of AWS: a service that is asked here must not call anything.
_KEPT = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR")
_SHOWN = 2_000


class ServiceRaisedError(Exception):
    """The service raised an exception, whose text is in this one."""


def interpreter(service: str, variables: Mapping[str, str] = os.environ) -> str:
    """Return the interpreter of the environment in which a service is installed.

    Raises:
        CommandError: The variable that names it is not set.
    """
    name = f"{service.upper().replace('-', '_')}_PYTHON"
    python = variables.get(name)
    if not python:
        raise CommandError(
            f"{name} is not set: it names an interpreter that has the {service} of this checkout, and "
            f"./nox -s pipeline sets it for the commands that need it"
        )
    return python


class ServiceProcess:
    """Answers requests one at a time, until the context ends."""

    def __init__(
        self, service: str, work: Literal["handled", "sized"] = "handled", variables: Mapping[str, str] | None = None
    ) -> None:
        """Prepare a service; ``work`` is a function of the driver, ``variables`` are for the service."""
        self._service = service
        self._variables = dict(variables or {})
        self._command = [interpreter(service), "-P", str(Path(service_driver.__file__)), service, work]

    def __enter__(self) -> Self:
        """Start the process."""
        self._errors: IO[bytes] = tempfile.TemporaryFile()
        own = {
            "ENVIRONMENT": "check",
            "POWERTOOLS_SERVICE_NAME": self._service,
            "POWERTOOLS_METRICS_NAMESPACE": "DurablePipeline",
            "POWERTOOLS_METRICS_DISABLED": "true",
            "POWERTOOLS_LOG_LEVEL": "CRITICAL",
            "PYTHONUTF8": "1",
        }
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        try:
            self._process = subprocess.Popen(  # noqa: S603 - an interpreter that the caller names
                self._command,
                env=kept | own | self._variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                text=True,
                encoding="utf-8",
            )
        except OSError as error:
            self._errors.close()
            raise CommandError(f"the {self._service} of this checkout does not start: {error}") from error
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def ask(self, request: Mapping[str, Any]) -> Any:
        """Return the response to a request.

        Raises:
            ServiceRaisedError: The service raised an exception.
            CommandError: The process has ended.
        """
        said = self._exchange(json.dumps(request))
        if "raised" in said:
            raise ServiceRaisedError(said["raised"])
        return said["answer"]

    def _exchange(self, line: str) -> dict[str, Any]:
        requests: IO[str] = self._process.stdin  # type: ignore[assignment] # it is a pipe
        answers: IO[str] = self._process.stdout  # type: ignore[assignment]
        try:
            requests.write(f"{line}\n")
            requests.flush()
            answer = answers.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise CommandError(f"the {self._service} of this checkout has ended: {self._last_words()}")
        said: dict[str, Any] = json.loads(answer)
        return said

    def _last_words(self) -> str:
        self._process.wait()
        end = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, end - _SHOWN))
        words = self._errors.read().decode(errors="replace").strip()
        return words or f"exit status {self._process.returncode}"
