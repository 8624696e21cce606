"""The AsyncAPI document of the pipeline, and the page that shows it. Not part of the distribution."""
