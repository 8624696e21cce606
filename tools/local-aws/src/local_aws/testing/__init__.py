"""For tests of what runs on the emulated AWS: a small application, and what a user's environment may hold."""
