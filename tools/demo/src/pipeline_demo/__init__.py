"""The demo: sends messages and accounts for each of them, using only the table and the queues.

The order of a run: ``lines`` reads the messages to send, ``sending`` sends them, ``audit`` determines the outcome of
each, ``view`` shows it live, ``report`` lists every message at the end, and ``verdict`` decides whether each ended as
expected.
"""
