"""Copies of parts of a text, with another name, right behind the part."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from new_stage.errors import NewStageError

if TYPE_CHECKING:
    from collections.abc import Mapping


def copy_block(text: str, header: str, names: Mapping[str, str]) -> str:
    """Copy a block: the line `header`, and the lines below it that are indented further."""
    lines = text.split("\n")
    if lines.count(header) != 1:
        raise NewStageError(f"expected one line {header.strip()!r}, found {lines.count(header)}")
    start = lines.index(header)
    indent = len(header) - len(header.lstrip())
    end = start + 1
    while end < len(lines) and (not lines[end] or len(lines[end]) - len(lines[end].lstrip()) > indent):
        end += 1
    block = "\n".join(lines[start:end])
    return "\n".join([*lines[:end], *renamed(block, names).split("\n"), *lines[end:]])


def copy_lines(text: str, holding: str, names: Mapping[str, str]) -> str:
    """Copy each line that holds something."""
    lines = []
    for line in text.split("\n"):
        lines.append(line)
        if holding in line:
            lines.append(renamed(line, names))
    if len(lines) == len(text.split("\n")):
        raise NewStageError(f"expected a line with {holding!r}, and found none")
    return "\n".join(lines)


def replace_once(text: str, old: str, new: str) -> str:
    """Replace what is there exactly once."""
    if text.count(old) != 1:
        raise NewStageError(f"expected {old!r} once, found it {text.count(old)} times")
    return text.replace(old, new)


def renamed(text: str, names: Mapping[str, str]) -> str:
    """Replace names, all at once."""
    return re.sub("|".join(map(re.escape, names)), lambda found: names[found[0]], text)
