"""Reading the messages in the dead-letter queue and the invalid message queue, and sending or discarding them."""
