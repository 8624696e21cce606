"""Errors with messages for the operator."""


class CommandError(Exception):
    """A command failed, completely or in part; the message gives the reason and the remedy."""


class DeployError(CommandError):
    """A deployment or deletion failed, completely or in part."""
