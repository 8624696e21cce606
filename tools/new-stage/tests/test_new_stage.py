"""A stage is registered wherever the others are, or the tree is unchanged."""

from __future__ import annotations

import json
import re
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from new_stage import __main__ as command
from new_stage.changed_files import CHANGED, EXPORTED
from new_stage.stages import NewStageError
from new_stage.tool_process import ToolError, run_tool

REPOSITORY = Path(__file__).parents[3]
STAGES = json.loads((REPOSITORY / EXPORTED).read_text("utf-8"))["stages"]
FIRST, LAST = STAGES[0], STAGES[-1]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(REPOSITORY / "services", tmp_path / "services", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    others = (*REPOSITORY.glob("infra/*/template.yaml"), *REPOSITORY.glob("[bt]*/**/pyproject.toml"))
    for name in {*CHANGED, *(str(path.relative_to(REPOSITORY)) for path in others)}:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(REPOSITORY / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "regenerate", lambda _root, _service: None)
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["new-stage", *words])
    return command.main()


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("after", [stage["name"] for stage in STAGES[:-1]])
def test_a_stage_is_registered_wherever_the_one_before_it_is(
    root: Path, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    before = contents(root)

    assert run(monkeypatch, "mystage", "--after", after) == 0

    after_it = contents(root)
    changed = {name for name in before if before[name] != after_it[name]}
    assert changed == {
        "infra/monitoring/metrics.yaml",
        "infra/monitoring/template.yaml",
        "infra/template.yaml",
        "services/orchestrator/src/orchestrator/stages.py",
        "services/orchestrator/template.yaml",
        "tests/fuzz/pyproject.toml",
    }
    written = after_it.keys() - before.keys()
    assert all(name.startswith("services/mystage/") for name in written)
    assert not [name for name in written if b"STAGE_NAME" in after_it[name]]
    (service,) = (stage["service"] for stage in STAGES if stage["name"] == after)
    for name in changed - {"services/orchestrator/src/orchestrator/stages.py"}:
        old, new = before[name].decode(), after_it[name].decode()
        assert new.count("mystage") >= old.count(f'-{service}"'), name


@pytest.mark.parametrize("after", [stage["name"] for stage in STAGES[:-1]])
def test_the_service_gets_only_the_parameters_that_its_template_has(
    root: Path, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    assert run(monkeypatch, "mystage", "--after", after) == 0

    blocks = (root / "infra/template.yaml").read_text("utf-8").split("\n\n")
    (block,) = [block for block in blocks if block.startswith("  Mystage:\n")]
    own = (root / "services/mystage/template.yaml").read_text("utf-8")
    given = re.findall(r"^        (\w+): !Ref", block, re.MULTILINE)
    assert "PythonRuntime" in given
    assert [name for name in given if f"\n  {name}:\n" not in own] == []


def test_the_stage_comes_right_after_the_one_that_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, "mystage", "--after", FIRST["name"])

    declared = (root / "services/orchestrator/src/orchestrator/stages.py").read_text("utf-8")
    entries = [f'"{FIRST["name"]}",', 'contribution("mystage"),', f'"{LAST["name"]}",']
    assert [line.strip() for line in declared.splitlines() if line.strip() in entries] == entries


@pytest.mark.parametrize(
    ("name", "after", "words"),
    [
        ("transform", FIRST["name"], "'transform' is taken: it is the stage transform"),
        ("orchestrator", FIRST["name"], "'orchestrator' is taken: there is a folder services/orchestrator"),
        ("json", FIRST["name"], "'json' is taken: a Python module has that name"),
        ("pytest", FIRST["name"], "'pytest' is taken: a Python module has that name"),
        ("monitoring", FIRST["name"], "'monitoring' is taken: there is a folder infra/monitoring"),
        ("shared", FIRST["name"], "'shared' is taken: there is a folder infra/shared"),
        ("access", FIRST["name"], "'access' is taken: there is a folder infra/access"),
        ("everything", FIRST["name"], "'everything' is taken: it is the root stack"),
        ("root", FIRST["name"], "'root' is taken: it is the root stack"),
        ("build", FIRST["name"], "'build' is taken: git ignores folders of that name"),
        ("console", FIRST["name"], "'console' is taken: there is a folder tools/console"),
        ("fuzz", FIRST["name"], "'fuzz' is taken: there is a folder tests/fuzz"),
        ("bench", FIRST["name"], "'bench' is taken: there is a folder bench"),
        ("cli", FIRST["name"], "'cli' is taken: bench/pyproject.toml has durable-pipeline-cli already"),
        ("typer", FIRST["name"], "'typer' is taken: tools/demo/pyproject.toml has typer already"),
        ("bodies", FIRST["name"], "'bodies' is taken: a module of its tests has that name"),
        ("envelope", FIRST["name"], "'envelope' is taken: infra/template.yaml has Envelope already"),
        ("queue", FIRST["name"], "'queue' is taken: a Python module has that name"),
        ("key", FIRST["name"], "'key' is taken: services/orchestrator/template.yaml has Key already"),
        ("throttles", FIRST["name"], "'throttles' is taken: infra/monitoring/template.yaml has Id: throttles already"),
        ("intake", FIRST["name"], "orchestrator/intake.py has STAGE ="),
        ("reject", FIRST["name"], "orchestrator/operations.py has REJECT ="),
        ("on", FIRST["name"], "'on' is not text in YAML"),
        ("class", FIRST["name"], "'class' is a keyword of Python"),
        ("my_stage", FIRST["name"], "must be 1 to 16 lower-case letters and digits"),
        ("MyStage", FIRST["name"], "must be 1 to 16 lower-case letters and digits"),
        ("a" * 17, FIRST["name"], "must be 1 to 16 lower-case letters and digits"),
        ("mystage", "translate", "there is no stage 'translate'; a stage may follow"),
        ("mystage", LAST["name"], "would contribute to records that are already stored"),
    ],
)
def test_an_invalid_stage_is_refused_and_nothing_is_changed(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    after: str,
    words: str,
) -> None:
    before = contents(root)

    assert run(monkeypatch, name, "--after", after) == 1

    assert words in capsys.readouterr().err
    assert contents(root) == before


@pytest.mark.parametrize(
    "variable", [stage["variable"] for stage in STAGES if stage["variable"] != f"{stage['name'].upper()}_FUNCTION_ARN"]
)
def test_a_name_whose_variable_is_taken_is_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str
) -> None:
    name = variable.removesuffix("_FUNCTION_ARN").lower()

    assert run(monkeypatch, name, "--after", FIRST["name"]) == 1

    taken = f"infra/template.yaml has {name.capitalize()}FunctionArn already"
    assert f"'{name}' is taken: {taken}" in capsys.readouterr().err


def test_the_root_of_the_repository_is_where_it_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert run(monkeypatch, "mystage", "--after", FIRST["name"]) == 1

    assert "run this in the root of the repository" in capsys.readouterr().err


@pytest.mark.parametrize(
    "fault", [NewStageError("a file is not as expected"), ToolError("a test failed"), KeyboardInterrupt()]
)
def test_after_an_error_the_tree_is_as_it_was(
    root: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    def regenerate(root: Path, _service: str) -> None:
        golden = root / "services/orchestrator/tests/golden"
        next(golden.glob("*.json")).unlink()
        for path in (root / EXPORTED, golden / "9.9.9.json"):
            path.write_text("{}")
        raise fault

    before = contents(root)
    monkeypatch.setattr(command, "regenerate", regenerate)

    with suppress(KeyboardInterrupt):
        assert run(monkeypatch, "mystage", "--after", FIRST["name"]) == 1

    assert contents(root) == before
    assert not (root / "services/mystage").exists()


def test_a_template_that_is_not_as_expected_is_named(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    template = root / "infra/template.yaml"
    template.write_text(template.read_text("utf-8").replace("  Validator:\n", "  Checks:\n"))
    before = contents(root)

    assert run(monkeypatch, "mystage", "--after", FIRST["name"]) == 1

    assert f"expected one line 'Validator:' in {template}, found 0" in capsys.readouterr().err
    assert contents(root) == before


def test_a_tool_that_fails_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="-c raise SystemExit\\('no such file'\\) failed:\nno such file"):
        run_tool(tmp_path, "-c", "raise SystemExit('no such file')")
