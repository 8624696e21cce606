"""A page of the repository as it appears on the site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from docs_site.staging import CONFIGURATION, Staging

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://example.com/owner/name"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("README.md", "docs/one.md", "docs/decisions/README.md", "tools/demo/README.md", "docs/picture.png"):
        (tmp_path / "root" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / name).write_text("# A page\n")
    (tmp_path / "root/tools/demo/demo.py").write_text("")
    (tmp_path / "root" / CONFIGURATION).write_text(f'[project]\nrepo_url = "{URL}"\n')
    return tmp_path / "root"


@pytest.fixture
def staging(root: Path, tmp_path: Path) -> Staging:
    return Staging.of(root, tmp_path / "built")


@pytest.mark.parametrize(
    ("written", "staged"),
    [
        ("[page](one.md#a)", "[page](one.md#a)"),
        ("[above](../README.md)", "[above](../README.md)"),
        ("[a folder with a page](decisions)", "[a folder with a page](decisions/README.md)"),
        ("[`a file`](../tools/demo/demo.py)", f"[`a file`]({URL}/blob/main/tools/demo/demo.py)"),
        ("[a folder](../tools)", f"[a folder]({URL}/tree/main/tools)"),
        ("[elsewhere](https://aws.amazon.com/)", "[elsewhere](https://aws.amazon.com/)"),
        ("[here](#a)", "[here](#a)"),
        ("![picture](picture.png)", "![picture](picture.png)"),
        ("`[code](../tools)` [`b`](../tools)", f"`[code](../tools)` [`b`]({URL}/tree/main/tools)"),
        ("```sh\n[code](../tools)\n```", "```sh\n[code](../tools)\n```"),
        ("```sh aws\nls\n```", "```sh\nls\n```"),
    ],
)
def test_a_link_leads_to_a_page_or_to_the_repository(staging: Staging, written: str, staged: str) -> None:
    assert staging.page("docs/one.md", written) == staged


def test_a_link_to_a_file_is_plain_text_while_there_is_no_public_repository(root: Path, tmp_path: Path) -> None:
    (root / CONFIGURATION).write_text("[project]\n")

    staging = Staging.of(root, tmp_path / "built")

    assert staging.page("docs/one.md", "[`a file`](../tools/demo/demo.py).") == "`a file`."


def test_the_pages_are_mirrored_and_those_of_an_earlier_run_removed(root: Path, staging: Staging) -> None:
    staging.write()
    (root / "docs/one.md").unlink()

    staging.write()

    pages = staging.folder / "pages"
    staged = sorted(str(path.relative_to(pages)) for path in pages.rglob("*") if path.is_file())
    assert staged == ["README.md", "docs/decisions/README.md", "docs/picture.png", "tools/demo/README.md"]
    assert (staging.folder / "zensical.toml").read_text() == (root / CONFIGURATION).read_text()
