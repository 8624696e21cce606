"""Which data the table has under the identities of messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline_contracts import data_digest
from pipeline_contracts.digest import comparable, digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_cli.table import StoredItem, Table

_KEYS = 100  # of one call, https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
_CURRENT = digest({})


def stored_digests(table: Table, execution_ids: Sequence[str]) -> dict[str, str | None]:
    """Give the digest of the data of each item that there is; None for an item that has no message's data.

    The data itself is read only of items that have no digest, or one of another version.
    """
    digests: dict[str, str | None] = {}
    for start in range(0, len(execution_ids), _KEYS):
        receipts = table.items(execution_ids[start : start + _KEYS], data=False)
        known = {name: item.data_digest for name, item in receipts.items() if comparable(item.data_digest, _CURRENT)}
        whole = table.items(receipts.keys() - known.keys())
        digests |= known | {
            name: _digest_of(whole[name]) if name in whole else None for name in receipts if name not in known
        }
    return digests


def _digest_of(item: StoredItem) -> str | None:
    if not isinstance(item.data, Mapping):
        return None
    try:
        return data_digest(item.data)
    except (AttributeError, TypeError):  # it has values that are not JSON: the storer did not write it
        return None
