"""Applies to each record the transformation of its processing type."""
