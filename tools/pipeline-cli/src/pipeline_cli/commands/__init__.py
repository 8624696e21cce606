"""The commands, a module for each or for a group."""
