"""Deploying and deleting the pipeline with the SAM CLI: all of it as one stack, or each part as a separate stack."""
