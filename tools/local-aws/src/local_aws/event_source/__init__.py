"""The event source mapping from an SQS queue to a durable function, as Lambda runs it.

No emulator polls SQS for a durable function yet. The order of a batch: ``receiver`` collects it while ``switch`` is on,
``event`` shapes it, ``durable_service`` runs it, ``response`` reads the answer, and ``poller`` holds these together.
``client_view`` describes the mapping to clients.
"""
