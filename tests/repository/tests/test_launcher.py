"""The work of ./nox before nox itself runs, in a separate repository that shares only the installed nox."""

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
INSTALLED = REPOSITORY / ".nox" / "launcher"
NOXFILE = """
import sys
import nox

@nox.session(venv_backend="none")
def show(session):
    code = "import os; print('settings', [name for name in sorted(os.environ) if name.startswith('PYTHON')])"
    session.run(sys.executable, "-c", code)
"""


def repository(folder: Path) -> Path:
    """Make a repository with the launcher and the nox that is installed here."""
    folder.mkdir()
    shutil.copy2(REPOSITORY / "nox", folder)
    shutil.copy2(REPOSITORY / "pyproject.toml", folder)
    (folder / "noxfile.py").write_text(NOXFILE)
    launcher = folder / ".nox" / "launcher"
    venv.create(launcher, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(launcher)}))
    packages.joinpath("installed.pth").write_text(str(next(INSTALLED.glob("lib/python*/site-packages"))))
    shutil.copy2(INSTALLED / "made-for", launcher)
    return folder


def run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    return subprocess.run(
        [folder / "nox", "-s", "show"],
        env={"PATH": path, "HOME": str(folder.parent), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_python_settings_of_the_caller_reach_nothing(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    for module in ("nox", "boto3", "subprocess", "sitecustomize"):
        (foreign / f"{module}.py").write_text("raise SystemExit('a foreign module')")

    ran = run(
        repository(tmp_path / "clone"),
        PYTHONPATH=str(foreign),
        PYTHONHOME="/nowhere",
        PYTHONSTARTUP=str(foreign / "nox.py"),
        PYTHONWARNINGS="error",
    )

    assert ran.returncode == 0, ran.stderr
    assert "settings []" in ran.stdout


@pytest.mark.parametrize("name", ["$HOME", "a folder", "*[a]?", 'it\'s "quoted"', "`ls` & ${PATH} $HOME;", "~", "%s"])
def test_a_clone_may_be_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    ran = run(repository(tmp_path / name))

    assert ran.returncode == 0, ran.stderr
    assert "settings []" in ran.stdout


def test_a_checkout_that_cannot_be_written_is_refused_in_a_sentence(tmp_path: Path) -> None:
    clone = repository(tmp_path / "clone")
    shutil.rmtree(clone / ".nox")
    (clone / ".nox").touch()  # nobody may make a folder there, root included

    ran = run(clone)

    assert ran.returncode == 1
    assert ran.stderr.startswith(f"nox: {clone}/.nox cannot be written: ")
    assert "Traceback" not in ran.stderr
