"""AWS on this machine, for any SAM application: emulators that run its templates, including durable functions."""
