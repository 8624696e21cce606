"""A build that uses a cached package gives the same result as one from scratch."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from package_contents import contents
from service_build import build as build_service
from service_build.build import Target
from service_build.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[3]
HOST = Target.parse("host")


class Repository:
    """A copy of the validator's inputs, and of the cache of its first build."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.service, self.contracts, self.cache = folder / "services/validator", folder / "contracts", folder / "cache"
        self.rules = self.service / "src/validator/rules.py"
        self.message = self.contracts / "src/pipeline_contracts/message.py"

    def build(self, name: str, cache: Path | None) -> dict[str, tuple[int, str]]:
        """Build the validator, and return the result."""
        built = self.folder / "built" / name
        shutil.rmtree(built, ignore_errors=True)
        build_service.build(self.service, built, HOST, contracts=self.contracts, cache=cache)
        return contents(built)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    folder = tmp_path_factory.mktemp("repository")
    left_out = shutil.ignore_patterns("__pycache__", ".*", "tests")
    for name in ("services/validator", "contracts", "pyproject.toml"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=left_out)
        else:
            shutil.copyfile(source, folder / name)
    repository = Repository(folder)
    (repository.contracts / "src/pipeline_contracts/unused.py").touch()
    repository.build("kept", repository.cache)
    return repository


@pytest.fixture
def repository(original: Repository, tmp_path: Path) -> Repository:
    shutil.copytree(original.folder, tmp_path / "repository")
    return Repository(tmp_path / "repository")


def appended(path: Path, text: str) -> None:
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{text}\n", encoding="utf-8")


def with_another_module(repository: Repository) -> None:
    (repository.service / "src/validator/further.py").write_text("VALUE = 1\n")
    appended(repository.rules, "from validator import further")


def without_a_module(repository: Repository) -> None:
    (repository.contracts / "src/pipeline_contracts/unused.py").unlink()


def with_another_version(repository: Repository) -> None:
    for path in (repository.contracts / "pyproject.toml", repository.contracts / "src/pipeline_contracts/exchange.py"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r'(?i)(version = "\d+)\.\d+\.\d+"', r'\1.9.7"', text), encoding="utf-8")


EDITS: dict[str, tuple[Callable[[Repository], None], bool]] = {
    "a rule": (lambda repository: appended(repository.rules, "CHANGED = {'a', 'b'}"), True),
    "a contract": (lambda repository: appended(repository.message, "CHANGED = 1"), True),
    "an import of a dependency": (lambda repository: appended(repository.rules, "import pydantic.color"), True),
    "a new module": (with_another_module, False),
    "a module less": (without_a_module, False),
    "the version of the contracts": (with_another_version, False),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_build_after_a_change_gives_the_same_files_as_one_from_nothing(repository: Repository, name: str) -> None:
    edit, restores = EDITS[name]
    before = contents(repository.folder / "built" / "kept")
    edit(repository)
    kept = Kept.of(repository.cache, repository.service, repository.contracts, HOST.version)
    assert (kept.restore(repository.folder / "restored") is not None) == restores

    again = repository.build("again", repository.cache)

    assert again == repository.build("from nothing", None)
    assert again != before
    assert "validator/__pycache__/rules.cpython-" in " ".join(again)


def test_a_build_changes_nothing_that_is_kept(repository: Repository) -> None:
    before = contents(repository.cache)
    appended(repository.rules, "CHANGED = 1")

    repository.build("again", repository.cache)

    assert contents(repository.cache) == before


def test_a_package_whose_build_was_killed_is_built_again(repository: Repository) -> None:
    (record,) = repository.cache.glob("validator/*/compiled.json")
    shutil.rmtree(record.parent / "package" / "pydantic")
    record.unlink()

    again = repository.build("again", repository.cache)

    assert again == contents(repository.folder / "built" / "kept")
    assert record.is_file()


def test_a_package_with_an_empty_record_is_built_again(repository: Repository) -> None:
    (record,) = repository.cache.glob("validator/*/compiled.json")
    record.write_text("")

    assert repository.build("again", repository.cache) == contents(repository.folder / "built" / "kept")
    assert record.read_text()


def test_a_package_whose_removal_was_interrupted_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, built = Kept(tmp_path / "cache/validator/1", ()), tmp_path / "built"
    built.mkdir()
    kept.keep(built, set())

    def interrupted(_path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt):
        kept.keep(built, set())

    assert kept.restore(tmp_path / "restored") is None


def test_the_packages_that_were_used_last_are_kept(tmp_path: Path) -> None:
    packages, built = tmp_path / "cache" / "validator", tmp_path / "built"
    built.mkdir()
    for number in range(5):
        Kept(packages / str(number), ()).keep(built, set())
        os.utime(packages / str(number) / "compiled.json", times=(number, number))
    Kept(packages / "1", ()).restore(tmp_path / "restored")
    (packages / "killed").mkdir()

    Kept(packages / "new", ()).keep(built, set())

    assert sorted(path.name for path in packages.iterdir()) == ["1", "3", "4", "lock", "new"]


def test_a_build_with_contracts_under_work_has_them_in_place_of_those_of_the_lock(repository: Repository) -> None:
    with_another_version(repository)
    without_a_module(repository)

    built = repository.build("from nothing", None)

    assert [name for name in built if re.fullmatch(r"durable_pipeline_contracts-\d+\.9\.7\.dist-info/METADATA", name)]
    assert len([name for name in built if name.endswith("pipeline_contracts")]) == 1
    assert "pipeline_contracts/unused.py" not in built


def test_contracts_under_work_of_another_major_version_are_not_for_the_service(repository: Repository) -> None:
    project = repository.contracts / "pyproject.toml"
    project.write_text(re.sub(r'^version = ".*"', 'version = "99.0.0"', project.read_text(), flags=re.MULTILINE))

    assert build_service.contracts_under_work(repository.service, repository.contracts) is None


def test_a_folder_without_contracts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(build_service.BuildError, match=f"BUILD_CONTRACTS is {tmp_path}, which has no pyproject.toml"):
        build_service.contracts_under_work(ROOT / "services/validator", tmp_path)
