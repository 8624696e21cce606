"""Errors with messages for the operator."""


class CommandError(Exception):
    """Failure of a command, complete or partial; the message gives the reason and the remedy."""


class DeployError(CommandError):
    """Failure of a deployment or deletion, complete or partial."""
