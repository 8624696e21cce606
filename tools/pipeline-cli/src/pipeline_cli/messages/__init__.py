"""The messages in the dead-letter queue and the invalid message queue: reading them, and sending or discarding them."""
