"""The one error that is shown to people."""


class NewStageError(Exception):
    """The stage cannot be added; the words say why."""
