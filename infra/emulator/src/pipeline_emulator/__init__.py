"""AWS on this machine: emulators that run the real templates, and the commands that use them."""

from pipeline_emulator.emulator import Emulator
from pipeline_emulator.errors import EmulatorError, PartFailedError

__all__ = ["Emulator", "EmulatorError", "PartFailedError"]
