"""Chaos: thousands of messages through the deployed pipeline in spite of kills and outages, then an audit.

The order of a run: ``messages`` plans what is sent and ``faults`` what is killed or throttled when, both from a seed.
``poison`` makes the copy of the repository that is deployed, ``drive`` sends, ``injector`` injects faults, ``evidence``
reads the table and the queues, ``audit`` compares them with what was sent, and ``report`` tells the result.
"""
