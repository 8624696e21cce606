"""Checks each record against the rules of its processing type."""
