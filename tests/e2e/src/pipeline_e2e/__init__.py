"""What the end-to-end tests of the pipeline share."""
