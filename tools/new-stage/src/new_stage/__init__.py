"""Writes the service of a new stage, and registers it everywhere."""
