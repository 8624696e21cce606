"""The services' Makefile finds the tool beside it, or the installed one, wherever the repository is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
STAND_IN = "import sys\nprint(sys.argv[1:], __file__)\n"


def tool(folder: Path) -> Path:
    """Replace the tool by one that reports how it was called."""
    (folder / "service_build").mkdir(parents=True)
    (folder / "service_build" / "__init__.py").touch()
    (folder / "service_build" / "__main__.py").write_text(STAND_IN)
    return folder


def make(repository: Path, **variables: str) -> str:
    """Build a service as the SAM CLI does: in a copy of its folder, with the Makefile in place."""
    service, copy = repository / "services" / "validator", repository / "copy of the service"
    for folder in (service, copy):
        folder.mkdir(parents=True)
    shutil.copy(REPOSITORY / "services" / "validator" / "Makefile", service)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    own = {"PATH": path, "ARTIFACTS_DIR": f"{repository}/artifacts", "PYTHONSAFEPATH": "1", **variables}
    command = ["make", "--makefile", str(service / "Makefile"), "build-Function"]
    return subprocess.run(command, cwd=copy, env=own, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("name", ["repository", "$HOME", "a folder", 'it\'s "quoted"', "`ls` & ${PATH};"])
def test_the_tool_beside_the_services_is_run_whatever_the_folder_is_called(tmp_path: Path, name: str) -> None:
    repository = tmp_path / name
    source = tool(repository / "tools" / "service-build" / "src")

    said = make(repository)

    arguments = [f"{repository}/services/validator", f"{repository}/artifacts"]
    assert said == f"{arguments} {source}/service_build/__main__.py"


def test_outside_of_the_repository_the_installed_tool_is_run(tmp_path: Path) -> None:
    installed = tool(tmp_path / "installed")

    assert make(tmp_path / "elsewhere", PYTHONPATH=str(installed)).endswith(f"{installed}/service_build/__main__.py")
