"""Everything that the documents link to exists."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
DOCUMENTS = [
    *REPOSITORY.glob("*.md"),
    *REPOSITORY.glob("docs/**/*.md"),
    *REPOSITORY.glob("services/*/README.md"),
    *REPOSITORY.glob("tools/*/README.md"),
    *REPOSITORY.glob("tests/*/README.md"),
]
LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:infra|services|contracts|docs|bench|tools|tests)/[\w./-]+\.(?:py|yaml|md|jsonl))(?:::\w+)?`")


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub generates them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


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


def test_files_that_are_named_exist(document: Path) -> None:
    text = document.read_text()
    missing = [path for path in PATH.findall(text) if not (REPOSITORY / path).exists()]

    assert missing == []
