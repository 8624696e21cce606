"""The console: the functions of the command line, in a browser on this machine."""
