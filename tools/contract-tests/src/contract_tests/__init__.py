"""For the contract tests of the services: the published schemas, and whatever they admit. Not in the wheel."""
