"""What stands between a change of the contracts and its release; none of it is in the wheel."""
