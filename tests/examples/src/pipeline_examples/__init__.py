"""Makes the pipeline somebody's own in a scratch copy, and runs it there."""
