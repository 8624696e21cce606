"""The durable function: runs batches from SQS through its stages."""
