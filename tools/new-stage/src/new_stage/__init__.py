"""Writing the service of a new stage, and registering it everywhere."""
