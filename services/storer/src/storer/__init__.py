"""Writes each record to the DynamoDB table once."""
