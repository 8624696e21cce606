"""Test kit for programs that run on the emulated AWS: a small application, and a hostile user environment."""
