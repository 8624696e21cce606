"""Deploying and deleting the pipeline with the SAM CLI, as one stack or as separate stacks."""
