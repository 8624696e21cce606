"""What goes wrong, in words for the operator."""


class CommandError(Exception):
    """A command could not do what it was asked for, or not all of it; the message says why and what to do."""


class DeployError(CommandError):
    """Nothing was deployed or deleted, or not all of it."""
