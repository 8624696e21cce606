"""Problems of a built site are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from docs_site.built_site import problems

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/index.html").write_text('<h1 id="there">Other</h1>')
    (tmp_path / "picture.png").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    "body",
    [
        '<a href="other/#there">one</a> <a href="#here">two</a><p id="here">',
        '<a href="https://aws.amazon.com/">elsewhere</a> <a href="mailto:a@b.c">mail</a>',
        '<img src="picture.png"> <img src="data:image/png;base64,AA==">',
        '<link rel="canonical" href="https://example.com/">',
        "<code>[a](b) ```</code>",
    ],
)
def test_a_site_without_faults_has_no_problems(site: Path, body: str) -> None:
    (site / "index.html").write_text(body)

    assert problems(site) == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('<a href="nowhere/">one</a>', "links to nowhere/, which does not exist"),
        ('<a href="other/#nowhere">one</a>', "links to other/#nowhere, which has no such anchor"),
        ('<a href="#nowhere">one</a>', "links to #nowhere, which has no such anchor"),
        ('<img src="nowhere.png">', "lacks nowhere.png"),
        ('<script src="https://cdn.example.com/a.js"></script>', "loads https://cdn.example.com/a.js"),
        ('<link rel="stylesheet" href="//fonts.example.com/a.css">', "loads //fonts.example.com/a.css"),
        ("<p>```sh</p>", "Markdown is not understood: ```sh"),
        ("<p>[a](b.md)</p>", "Markdown is not understood: [a](b.md)"),
    ],
)
def test_a_fault_is_named(site: Path, body: str, problem: str) -> None:
    (site / "index.html").write_text(body)

    assert problems(site) == [f"index.html: {problem}"]
