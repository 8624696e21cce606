"""Building a service's package for Lambda, with only the standard library."""
