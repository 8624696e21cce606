"""Chaos: thousands of messages through the deployed pipeline despite kills and outages, then an audit.

The order of a run: ``messages`` plans the messages and ``faults`` the faults with their times, both from a seed.
``poison`` makes the copy of the repository that is deployed, ``drive`` sends, ``injector`` injects faults, ``evidence``
reads the table and the queues, ``audit`` compares them with the sent messages, and ``report`` presents the result.
"""
