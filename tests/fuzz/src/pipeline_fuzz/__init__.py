"""All of the pipeline's code in one process, and a message model that is difficult to handle."""
