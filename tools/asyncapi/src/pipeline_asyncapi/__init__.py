"""The AsyncAPI document of the pipeline."""
