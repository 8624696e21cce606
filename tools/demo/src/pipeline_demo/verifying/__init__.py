"""Verifying a deployed environment with real messages: whether it keeps each promise."""
