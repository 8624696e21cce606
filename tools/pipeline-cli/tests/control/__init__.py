"""Tests of the commands that look at an environment and change it: status, pause, drain, check and erase."""
