"""Deploying SAM templates: build and package with the SAM CLI, transform, create the stack."""
