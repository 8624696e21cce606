"""Renaming the pipeline."""
