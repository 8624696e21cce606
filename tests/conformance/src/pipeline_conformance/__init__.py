"""AWS's conformance suites for durable executions, run against the emulated AWS."""
