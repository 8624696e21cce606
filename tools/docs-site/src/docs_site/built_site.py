"""Problems of the built site: broken links, anchors and pictures, and files from other hosts."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOADED = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src"}
"""The attribute through which an element loads a file when the page is shown."""
_LEFT_OVER = ("```", "](")
"""Markdown that was not parsed, such as a list whose blocks are indented by three spaces."""


@dataclass
class _Page(HTMLParser):
    """The references in a page, and its possible targets."""

    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    left_over: list[str] = field(default_factory=list)
    in_code: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.in_code += tag in ("code", "script", "style")
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag in _LOADED and _LOADED[tag] in values and values.get("rel") != "canonical":
            self.loaded.append(values[_LOADED[tag]])

    def handle_endtag(self, tag: str) -> None:
        self.in_code -= tag in ("code", "script", "style")

    def handle_data(self, data: str) -> None:
        if not self.in_code and any(sign in data for sign in _LEFT_OVER):
            self.left_over.append(data.strip())


def problems(site: Path) -> list[str]:
    """List the problems, one per line; empty if there are none."""
    pages = {path: _read(path) for path in sorted(site.rglob("*.html")) if path.name != "404.html"}
    return [
        f"{path.relative_to(site)}: {problem}" for path, page in pages.items() for problem in _of(path, page, pages)
    ]


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text("utf-8"))
    return page


def _of(path: Path, page: _Page, pages: dict[Path, _Page]) -> Iterator[str]:
    yield from (f"Markdown is not understood: {text}" for text in page.left_over)
    for address in page.loaded:
        if urlsplit(address).netloc:
            yield f"loads {address}"
        elif not address.startswith("data:") and not _target(path, address).exists():
            yield f"lacks {address}"
    for address in page.links:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = _target(path, address)
        if target.is_dir():
            target /= "index.html"
        if not target.exists():
            yield f"links to {address}, which does not exist"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
            yield f"links to {address}, which has no such anchor"


def _target(path: Path, address: str) -> Path:
    inside = unquote(urlsplit(address).path)
    return (path.parent / inside).resolve() if inside else path
