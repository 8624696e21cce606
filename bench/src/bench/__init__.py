"""Benchmarks of the pipeline, and the model of what it costs."""
