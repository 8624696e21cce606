"""Shared code of the tests of the whole pipeline."""
