"""The packages of the services in AWS's own runtime interface client."""
