"""The event source mapping from an SQS queue to a durable function, as Lambda runs it.

No emulator polls SQS for a durable function yet. Order for a batch: ``receiver`` collects it while ``switch`` is on,
``event`` formats it, ``durable_service`` runs it, ``response`` reads the result, and ``poller`` ties these together.
``client_view`` describes the mapping to clients.
"""
