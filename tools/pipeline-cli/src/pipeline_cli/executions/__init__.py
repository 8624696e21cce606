"""Durable executions as they were checkpointed, and the path of one message through them."""
