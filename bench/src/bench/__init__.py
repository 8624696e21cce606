"""Benchmarks of the pipeline, and its cost model."""
