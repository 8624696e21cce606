"""Deploying and deleting the stacks."""
