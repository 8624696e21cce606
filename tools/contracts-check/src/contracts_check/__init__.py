"""Checks between a change of the contracts and its release; none of this is in the wheel."""
