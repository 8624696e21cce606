"""Durable executions as they were checkpointed, and the way of one message through them."""
