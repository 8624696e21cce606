"""The pipeline in the emulated AWS on this machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from local_aws.emulator import Emulator
from local_aws.executables import ARCHITECTURE, python_runtime

from pipeline_cli.repository import ROOT_TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

BUILD_VARIABLES = {"BUILD_TARGET": "host"}
"""The services are built for this machine's interpreter, which runs them."""


def local_pipeline(
    repository: Path,
    *,
    template: Path = ROOT_TEMPLATE,
    parameters: Mapping[str, str] | None = None,
    build_variables: Mapping[str, str] | None = None,
    **options: Any,
) -> AbstractContextManager[Emulator]:
    """Start the emulated AWS with the root template of a repository; ``options`` are those of ``Emulator.start``.

    ``parameters`` override those that it needs on this machine; ``build_variables`` are added to BUILD_VARIABLES.
    """
    own = {
        "EnvironmentName": "local",
        "PythonRuntime": python_runtime(),
        "Architecture": ARCHITECTURE,
        # More concurrent executions than this machine can run would only slow each other down.
        "MaximumConcurrency": str(max(2, min(10, 2 * (os.cpu_count() or 1)))),
    }
    return Emulator.start(
        repository,
        template=template,
        parameters=own | dict(parameters or {}),
        build_variables=BUILD_VARIABLES | dict(build_variables or {}),
        **options,
    )
