"""The console: what the command line shows and does, in a browser on this machine."""
