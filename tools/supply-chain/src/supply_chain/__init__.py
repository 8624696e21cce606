"""What the sessions security and sbom run besides the scanners themselves."""

OWN = "durable-pipeline-"
"""What the names of this repository's own packages begin with: no register of packages knows them."""
