"""Verifying a deployed environment: real messages, and for each promise whether it is met there."""
