"""A copy of the repository whose transformer crashes on some messages, and whose validator refuses some.

The services themselves contain none of this. A message requests it in a field of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_testing.repository_copy import SHORT_WAITS, changed_copy

if TYPE_CHECKING:
    from pathlib import Path

POISON, POISONS = "chaos_poison", ("exit", "memory", "loop")
"""A field, and its values, that crash the process which transforms the message."""

REFUSED, REFUSALS = "chaos_refused", ("first_rule", "second_rule", "third_rule")
"""A field, and its values: the codes with which a rule refuses the message."""

_RULES = "services/validator/src/validator/rules.py"
_TRANSFORMATIONS = "services/transformer/src/transformer/transformations.py"
_TEMPLATE = "services/transformer/template.yaml"
_QUEUES = "infra/shared/template.yaml"

_POISON = '''

def _exit() -> None:
    """End the process without a word."""
    import os

    os._exit(1)


def _memory() -> None:
    """Take memory until there is none left, and be killed for it, as Lambda does."""
    import os
    import resource
    import signal
    from pathlib import Path

    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 64 * 2**20, -1))
    taken = []
    try:
        while True:
            taken.append(bytearray(2**20))
    except MemoryError:
        os.kill(os.getpid(), signal.SIGKILL)


def _loop() -> None:
    """Go on past the timeout of the function."""
    import time

    while True:
        time.sleep(0.01)


def _poisoned(transformation: Transformation) -> Transformation:
    from functools import wraps

    @wraps(transformation)
    def transform(message: PipelineMessage) -> dict[str, JsonValue]:
        poison = (message.model_extra or {}).get("chaos_poison")
        if poison:
            {"exit": _exit, "memory": _memory, "loop": _loop}[poison]()
        return transformation(message)

    return transform


standard = _poisoned(standard)
TRANSFORMATIONS = {name: _poisoned(transformation) for name, transformation in TRANSFORMATIONS.items()}
'''

_REFUSAL = """

def _refused(message: PipelineMessage) -> Iterator[FieldError]:
    code = (message.model_extra or {}).get("chaos_refused")
    if code:
        yield FieldError(field="chaos_refused", code=code, message="is refused")


class _WithRefusal(dict):
    def get(self, processing_type, default=()):
        return (*super().get(processing_type, default), _refused)


RULES = _WithRefusal(RULES)
"""


def poisoned_copy(folder: Path, *, timeout_seconds: int, visibility_timeout: int) -> Path:
    """Copy the deployed files with poison, refusals, short timeouts and short waits; return the root template.

    The queue is deployed with its final visibility timeout, because a receive in progress during a change still hides
    messages for the former one.
    """
    changed_copy(
        folder,
        *SHORT_WAITS,
        (_TEMPLATE, "Timeout: 25\n", f"Timeout: {timeout_seconds}\n"),
        (_QUEUES, "VisibilityTimeout: 960 ", f"VisibilityTimeout: {visibility_timeout} "),
    )
    for name, added in ((_TRANSFORMATIONS, _POISON), (_RULES, _REFUSAL)):
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(added)
    return folder / "infra" / "template.yaml"
