"""Why a stage is tried again."""

from __future__ import annotations


class BrokenContractError(Exception):
    """An answer that is not what the contract promises; it counts as a failed invoke."""


class UnfinishedError(Exception):
    """A service said of some records that it could not do them now."""
