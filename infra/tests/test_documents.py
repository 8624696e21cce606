"""What the documents point to is there."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
DOCUMENTS = [
    *REPOSITORY.glob("*.md"),
    *REPOSITORY.glob("docs/**/*.md"),
    *REPOSITORY.glob("services/*/README.md"),
    *REPOSITORY.glob("infra/*/README.md"),
]
LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:infra|services|contracts|docs|bench)/[\w./-]+\.(?:py|yaml|md|jsonl))(?:::\w+)?`")


def anchors(text):
    """The anchors that a page's headings get, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.fixture(params=DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def document(request):
    return request.param


def test_links_lead_somewhere(document):
    for link in LINK.findall(document.read_text()):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text()), link


def test_files_that_are_named_exist(document):
    text = document.read_text()
    missing = [path for path in PATH.findall(text) if not (REPOSITORY / path).exists()]

    assert missing == []
