"""What goes wrong, in words for whoever deploys."""


class DeployError(Exception):
    """Nothing was deployed or deleted, or not all of it; the message says why and what to do."""
