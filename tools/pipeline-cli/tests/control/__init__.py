"""Tests of the commands that inspect and change an environment: status, pause, drain, check and erase."""
