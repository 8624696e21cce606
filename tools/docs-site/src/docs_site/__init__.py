"""Builds the documentation site, and generates its reference."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[4]
