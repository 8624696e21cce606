"""Gives the pipeline another name."""
