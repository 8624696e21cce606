"""The ``export`` lines with which the ordinary AWS tools talk to the emulated AWS."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from local_aws.emulator import Emulator
    from local_aws.run_folder import RunFolder


@dataclass(frozen=True)
class ShellVariables:
    """Variables for a shell."""

    values: Mapping[str, str]

    @classmethod
    def of(cls, aws: Emulator, **further: str) -> ShellVariables:
        """Name the endpoint and the credentials, and what else the caller names."""
        return cls({**aws.endpoint.variables(), **further})

    def __str__(self) -> str:
        """Give the lines."""
        return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in self.values.items())

    @contextmanager
    def published(self, run: RunFolder) -> Iterator[ShellVariables]:
        """Keep the lines in the file ``.emulator/env`` while the run lasts."""
        run.publish(f"{self}\n")
        try:
            yield self
        finally:
            run.withdraw()
