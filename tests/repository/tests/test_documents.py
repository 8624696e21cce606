"""Everything that the documents name exists: files, tests, sessions and their options; and their snippets parse."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import textwrap
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[3]
DOCUMENTS = [
    *REPOSITORY.glob("*.md"),
    *REPOSITORY.glob("docs/**/*.md"),
    *REPOSITORY.glob("contracts/*.md"),
    *REPOSITORY.glob("bench/*.md"),
    *(
        path
        for folder in ("services", "tools", "tests", "examples")
        for path in REPOSITORY.glob(f"{folder}/*/README.md")
    ),
]
GENERATED = {".emulator", ".git", ".nox", ".venv", "dist", "node_modules"}
NOT_HERE = {"enrich", "wrong.jsonl", "restore.py", ".vscode/settings.json", "state.py"}
"""The stage and the files that a page tells its reader to create, and a file of the durable SDK."""
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE = re.compile(r"`((?:[\w.-]+/)*\w[\w.-]*\.(?:py|yaml|yml|toml|md|json|jsonl|sh))(?:::(\w+))?`")
FENCE = re.compile(r"^( *)```(\w+)[^\n]*\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:^ *|`)\./nox -s ([^`#\n]+)", re.MULTILINE)
SESSION = re.compile(r"[\w-]+(?:\([^)]*\))?")
OF_A_PACKAGE = re.compile(r"`((?:test|alone|contract-tests)\([^)`]*\))`")
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")
LITERAL = re.compile(r"[\"'](?:--)?([a-z][\w-]*)[\"'=]|^    ([a-z]\w*): ", re.MULTILINE)
"""Where code may have the name of an option: in a string, or as the field from which a parser derives it."""


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub generates them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@cache
def files() -> dict[str, list[Path]]:
    """Return the files of the repository by their names."""
    found: dict[str, list[Path]] = {}
    # Unlike rglob, it survives folders that other sessions delete meanwhile.
    for folder, folders, names in os.walk(REPOSITORY):
        folders[:] = (name for name in folders if name not in GENERATED)
        for name in (*folders, *names):
            found.setdefault(name, []).append(Path(folder, name))
    return found


def missing_files(text: str) -> Iterator[str]:
    """Yield the files that exist in no folder, and the tests that their file does not have."""
    for name, test in FILE.findall(text):
        paths = [path for path in files().get(Path(name).name, []) if f"/{path}".endswith(f"/{name}")]
        if name in NOT_HERE:
            continue
        if not paths or (test and not any(f"def {test}(" in path.read_text("utf-8") for path in paths)):
            yield f"{name}::{test}".removesuffix("::")


@cache
def sessions() -> set[str]:
    """Return the names of all sessions, with and without their parameters."""
    command = [str(REPOSITORY / ".nox/launcher/bin/nox"), "--list"]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    names = re.findall(r"^[*-] (.+?) ->", listed, re.MULTILINE)
    return {*names, *(name.partition("(")[0] for name in names)}


@cache
def helps() -> dict[str, str]:
    """Return the help of each command, which ./nox -s docs compares with its parser."""
    page = (REPOSITORY / "docs/reference/commands.md").read_text("utf-8")
    return dict(re.findall(r"^### (.+?)\n\n```text\n(.*?)\n```", page, re.MULTILINE | re.DOTALL))


@cache
def literals() -> set[str]:
    """Return the names in the code of all sessions: an option without a page of help has to be one of them."""
    globs = (
        "noxfile.py",
        "tools/*.py",
        "tools/*/src/**/*.py",
        "tests/*/src/**/*.py",
        "tests/fuzz/**/*.py",
        "bench/src/**/*.py",
    )
    sources = (path.read_text("utf-8") for one in globs for path in REPOSITORY.glob(one))
    return {f"--{(one or other).replace('_', '-')}" for text in sources for one, other in LITERAL.findall(text)}


def wrong_commands(text: str) -> Iterator[str]:
    """Yield the sessions and options that do not exist; a name in capitals stands for any."""
    joined = re.sub(r"\\\n\s*", "", text)
    for name in OF_A_PACKAGE.findall(joined):
        yield from _unknown([name])
    for command in COMMAND.findall(joined):
        before, _, after = command.partition(" -- ")
        names, words = SESSION.findall(before), after.split()
        yield from _unknown(names)
        titles = (f"{prefix}{' '.join((*names, *words[:n]))}" for n in (2, 1, 0) for prefix in ("", "pipeline "))
        known = next((OPTION.findall(helps()[title]) for title in titles if title in helps()), literals())
        yield from (option for option in OPTION.findall(after) if option not in {"--help", *known})


def _unknown(names: list[str]) -> Iterator[str]:
    for name in names:
        if re.sub(r"\([A-Z, ]+\)$", "", name) not in sessions() and not NOT_HERE & {*re.findall(r"\w+", name)}:
            yield name


def wrong_snippets(text: str) -> Iterator[str]:
    """Yield the Python and JSON that has a syntax error; JSON with an ellipsis is not complete."""
    for _, language, code in FENCE.findall(text):
        try:
            if language == "python":
                ast.parse(textwrap.dedent(code))
            elif language == "json" and "…" not in code and "..." not in code:
                json.loads(code)
        except (SyntaxError, ValueError) as error:
            yield str(error)


@pytest.fixture(params=DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def document(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_links_lead_somewhere(document: Path) -> None:
    for link in LINK.findall(document.read_text()):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text()), link


def test_the_files_that_are_named_exist(document: Path) -> None:
    assert list(missing_files(document.read_text())) == []


def test_the_commands_that_are_named_exist(document: Path) -> None:
    assert list(wrong_commands(document.read_text())) == []


def test_the_snippets_parse(document: Path) -> None:
    assert list(wrong_snippets(document.read_text())) == []


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ("run `./nox -s demonstrate`", ["demonstrate"]),
        ("```sh\n./nox -s lint testt   # all\n```", ["testt"]),
        (
            '`./nox -s "test(storrer)" -- -k key`, `contract-tests(storer, oldest)`',
            ["contract-tests(storer, oldest)", "test(storrer)"],
        ),
        ('`./nox -s "alonee(SERVICE)"`', ["alonee(SERVICE)"]),
        ("`./nox -s lock -- --kontracts`", ["--kontracts"]),
        ("```sh\n  ./nox -s deploy -- validator \\\n    --environment dev\n```", ["--environment"]),
        ("`./nox -s pipeline -- console --port 1 --porch 2`", ["--porch"]),
        ("`./nox -s demo -- --console`", ["--console"]),
    ],
)
def test_a_wrong_command_is_found(wrong: str, found: list[str]) -> None:
    assert list(wrong_commands(wrong)) == found


@pytest.mark.parametrize(
    "wrong",
    [
        "sizzes.py",
        "storer/sizes.py",
        "docs/nowhere.md",
        "test_redeliveries.py",
        "test_redelivery.py::test_no_such_behaviour",
    ],
)
def test_a_wrong_name_of_a_file_or_test_is_found(wrong: str) -> None:
    assert list(missing_files(f"[`{wrong}`](..), but `sizes.py` exists")) == [wrong]


@pytest.mark.parametrize(
    "wrong", ["```python\nif x\n```", "1. a\n\n   ```python\n   if x\n   ```", '```json sns\n{"a": }\n```']
)
def test_a_snippet_with_a_syntax_error_is_found(wrong: str) -> None:
    assert len(list(wrong_snippets(wrong))) == 1
