"""The data that the table has under the identities of messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_contracts import data_digest
from pipeline_contracts.digest import comparable, digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_cli.table import StoredItem, Table

_KEYS = 100  # Per call, https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
_CURRENT = digest({})


@dataclass(frozen=True)
class StoredData:
    """The origin and the digest of an item's data."""

    digest: str | None
    """`ParsedMessage.data_digest`; None if the storer did not write the item."""
    message_id: str = ""


def stored_data(table: Table, execution_ids: Sequence[str]) -> dict[str, StoredData]:
    """Return the data of each existing item, by execution id.

    The full data is read only for items without a digest, or with one of another version.
    """
    found: dict[str, StoredData] = {}
    for start in range(0, len(execution_ids), _KEYS):
        receipts = table.items(execution_ids[start : start + _KEYS], data=False)
        known = {name: item.data_digest for name, item in receipts.items() if comparable(item.data_digest, _CURRENT)}
        whole = table.items(receipts.keys() - known.keys())
        digests = known | {name: _digest_of(whole[name]) for name in receipts if name in whole}
        found |= {
            name: StoredData(digests.get(name) if isinstance(item.stored_at, str) else None, item.message_id)
            for name, item in receipts.items()
        }
    return found


def _digest_of(item: StoredItem) -> str | None:
    if not isinstance(item.data, Mapping):
        return None
    try:
        return data_digest(item.data)
    except (AttributeError, TypeError):  # it has values that are not JSON, so the storer did not write it
        return None
