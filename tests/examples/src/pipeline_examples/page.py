"""A tutorial as a list of steps, from its fenced blocks.

| fence | step |
|---|---|
| `sh` | the commands are run, and must succeed |
| `sh background` | the commands are started, and go on while the rest of the page runs |
| `sh repeat` | the commands are run until they succeed, and print what the page says |
| `sh aws` | not run: an account is needed. A comment in front of it may name a command to rehearse it |
| `text` | what the block before prints, in this order; `…` is anything |
| `diff` | a change of files |
| `LANGUAGE insert FILE` | lines to insert in front of the first section of a file |

Blocks of other languages are for readers only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum

_BLOCK = re.compile(
    r"^<!-- rehearse: (?P<rehearsal>[^\n]+) -->$|^(?P<fence>```+)(?P<info>[^`\n]*)\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)


class Manner(Enum):
    """How commands are run."""

    ONCE = "once"
    BACKGROUND = "background"
    REPEAT = "repeat"


@dataclass(frozen=True)
class Commands:
    """Commands of a shell, and the lines that they print."""

    script: str
    manner: Manner = Manner.ONCE
    printed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """A change of files, as a diff."""

    diff: str


@dataclass(frozen=True)
class Insertion:
    """Lines to insert in front of the first section of a file."""

    path: str
    lines: str


Step = Commands | Change | Insertion


def read_page(text: str) -> list[Step]:
    """Read the steps of a page.

    Raises:
        ValueError: A block cannot be run as it is written.
    """
    steps: list[Step] = []
    runs = False
    for block in _BLOCK.finditer(text):
        if block["rehearsal"]:
            steps.append(Commands(block["rehearsal"]))
            continue
        language, *words = (block["info"] or "").split() or [""]
        match language, words:
            case "sh", ["aws"]:
                runs = False
                continue
            case "sh", []:
                steps.append(Commands(block["text"]))
            case "sh", [("background" | "repeat") as manner]:
                steps.append(Commands(block["text"], Manner(manner)))
            case "text", []:
                if runs and isinstance(steps[-1], Commands):
                    steps[-1] = replace(steps[-1], printed=tuple(block["text"].splitlines()))
            case "diff", []:
                steps.append(Change(block["text"]))
            case _, ["insert", path]:
                steps.append(Insertion(path, block["text"]))
            case (("sh" | "text" | "diff"), _):
                raise ValueError(f"the fence {block['info']!r} says nothing that is known here")
        runs = language == "sh"
    for step in steps:
        if isinstance(step, Commands) and step.manner is not Manner.ONCE and not step.printed:
            raise ValueError(f"no text after {step.script!r} says when to go on")
    return steps


def missing(expected: tuple[str, ...], printed: str) -> str | None:
    """Return the first expected line that was not printed after the previous ones; None if all were."""
    lines = iter([" ".join(line.split()) for line in printed.splitlines()])
    for one in expected:
        words = " ".join(one.split())
        pattern = re.compile(".*".join(re.escape(part.strip()) for part in words.split("…")))
        if words and not any(pattern.search(line) for line in lines):
            return one
    return None
