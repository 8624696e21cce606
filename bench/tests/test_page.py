"""The pages match the committed figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench import page

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("path", page.PAGES)
def test_a_page_is_what_the_committed_figures_make_it(path: Path) -> None:
    assert page.filled(path) == path.read_text(encoding="utf-8"), "write it again: ./nox -s bench -- page"


def test_a_section_without_its_marks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "page.md"
    path.write_text("nothing")
    monkeypatch.setitem(page.PAGES, path, page.PAGES[page.README])

    with pytest.raises(ValueError, match="has 0 sections"):
        page.filled(path)
