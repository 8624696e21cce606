"""Reloading: a function whose source has changed is built, and its alias moved, while everything else stays up."""
