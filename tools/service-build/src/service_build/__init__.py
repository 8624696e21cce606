"""Building a service's package for Lambda, with the standard library alone."""
