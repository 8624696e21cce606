"""The command line in the operations log, without text that may quote a message."""

from __future__ import annotations

import shlex

import typer

_MOST_CHARACTERS = 1_000
"""A call of PutLogEvents takes 1 MiB: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html"""

_QUOTE_MESSAGES = frozenset({"reason", "body"})


def logged_command(context: typer.Context) -> str:
    """Format the command and its arguments."""
    words = [context.parent.info_name or ""] if context.parent else []
    words.append(context.info_name or "")
    for parameter in context.command.params:
        name = parameter.name or ""
        source = context.get_parameter_source(name)
        if source is None or source.name != "COMMANDLINE":
            continue
        value = context.params[name]
        if parameter.param_type_name == "option":
            words.append(parameter.opts[0])
        values = value if isinstance(value, (list, tuple)) else [value]
        words += ["…" if name in _QUOTE_MESSAGES else shlex.quote(str(one)) for one in values if one is not True]
    return " ".join(words)[:_MOST_CHARACTERS]
