"""The demo: sends messages and accounts for each of them, from the table and the queues alone.

The order of a run: ``lines`` reads what is to be sent, ``sending`` sends it, ``audit`` finds out what became of each
message, ``view`` shows it live, ``report`` lists every message in the end, and ``verdict`` says whether each ended as
expected.
"""
