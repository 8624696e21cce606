"""Shared code of the pipeline's end-to-end tests."""
