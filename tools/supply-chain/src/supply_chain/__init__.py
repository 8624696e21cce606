"""What the sessions security and sbom run besides the scanners themselves."""
