"""Code for the contract tests of the services: the published schemas, and data that they admit. Not in the wheel."""
