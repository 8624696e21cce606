"""Start MiniStack with a patch for PartiQL: a script for MiniStack's interpreter, which has only MiniStack installed.

The patch is for ``ministack`` 1.5.33; any other version runs unpatched. Remove it once a release has these:

- ``INSERT`` checks the item as ``PutItem`` does: its size, numbers, key and nesting.
- Where IAM is enforced, a statement takes the permission of its kind, such as ``dynamodb:PartiQLInsert`` on its table:
  https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
"""

from __future__ import annotations

import json
import logging
from importlib import import_module
from importlib.metadata import version
from typing import Any

PATCHED_VERSION = "1.5.33"

_CALLS = ("dynamodb:BatchExecuteStatement", "dynamodb:ExecuteStatement")


def patch(installed: str) -> bool:
    """Put the patched functions in place if they are for the installed version; otherwise log a warning."""
    if installed != PATCHED_VERSION:
        logging.getLogger(__name__).warning(
            "ministack %s is not patched, as the patch is for %s: PartiQL's INSERT takes items that PutItem refuses, "
            "and no role may use it",
            installed,
            PATCHED_VERSION,
        )
        return False
    _insert_as_put_item_does()
    _authorize_statements()
    return True


def _insert_as_put_item_does() -> None:
    dynamodb: Any = import_module("ministack.services.dynamodb")

    def insert(table: dict[str, Any], parsed: dict[str, Any]) -> Any:
        item = parsed.get("item", {})
        request = {
            "TableName": parsed["table"],
            "Item": item["M"] if set(item) == {"M"} else item,
            "ConditionExpression": "attribute_not_exists(#key)",
            "ExpressionAttributeNames": {"#key": table["pk_name"]},
        }
        status, headers, body = dynamodb._put_item(request)
        if "ConditionalCheckFailedException" in json.loads(body).get("__type", ""):
            return dynamodb.error_response_json(
                "DuplicateItemException", "Duplicate primary key exists in table", status
            )
        return status, headers, body

    dynamodb._partiql_insert = insert


def _authorize_statements() -> None:
    """Authorize each statement of a call like an item of a transaction, on its own table."""
    actions: Any = import_module("ministack.core.iam_actions")
    parse = import_module("ministack.services._dynamodb_keywords").parse_statement
    transaction_checks = actions.dynamodb_transaction_checks

    def checks(action: str, body: bytes, region: str, account: str) -> list[tuple[str, str]]:
        if action not in _CALLS:
            found: list[tuple[str, str]] = transaction_checks(action, body, region, account)
            return found
        request = json.loads(body)
        found = []
        for statement in request.get("Statements", [request]):
            try:
                parsed = parse(statement["Statement"], statement.get("Parameters"))
            except ValueError:
                continue  # it is refused when it is executed
            index = f"/index/{parsed['index']}" if parsed.get("index") else ""
            found.append(
                (
                    f"dynamodb:PartiQL{parsed['op'].capitalize()}",
                    f"arn:aws:dynamodb:{region}:{account}:table/{parsed['table']}{index}",
                )
            )
        return found

    actions.dynamodb_transaction_checks = checks


if __name__ == "__main__":
    # Import the application first: it configures logging and loads the services.
    application = import_module("ministack.app")
    patch(version("ministack"))
    application.main()
