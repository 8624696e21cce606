"""The envelopes in which AWS and other producers put a message before it reaches the queue.

A deployment declares one. `read_message` reads a body in it; the services get the message itself, and read no envelope.
The models of the envelopes are a few fields each. Powertools' parser has models of whole events, and its import takes
longer than all other imports of a cold start.
"""

from pipeline_contracts.envelopes.reading import read_message, unwrap
from pipeline_contracts.envelopes.unwrapped import Envelope, Unwrapped

__all__ = ["Envelope", "Unwrapped", "read_message", "unwrap"]
