"""What the tests of the pipeline as a whole share."""
