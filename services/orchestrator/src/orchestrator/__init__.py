"""The durable function: takes batches from SQS through validate, transform and store."""
