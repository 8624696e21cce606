"""Runs the tutorials in scratch copies, command by command."""
