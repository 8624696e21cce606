"""AWS on this machine, for any SAM application: emulators that run its templates, durable functions included."""

from local_aws.emulator import Emulator
from local_aws.errors import EmulatorError, PartFailedError

__all__ = ["Emulator", "EmulatorError", "PartFailedError"]
