"""The code of the sessions security and sbom, besides the scanners."""

OWN = "durable-pipeline-"
"""The prefixes of this repository's own packages, which no register knows."""
