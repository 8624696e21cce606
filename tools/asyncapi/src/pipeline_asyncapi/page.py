"""The document as a page of Markdown: each channel, its operation, its messages, and the schemas they are made of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pipeline_asyncapi.schema_table import name_of, references, schema_table

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

DAY: Final = 24 * 60 * 60
APPLICATION: Final = "orchestrator"


def page(document: Json) -> str:
    """Write the page; a schema is shown with the first channel that needs it."""
    info = document["info"]
    lines = [
        f"# {info['title']}: queues and messages",
        "",
        f"Contracts {info['version']}. {info['description']}",
        "",
        "The source of this page is [`contracts/asyncapi.yaml`](../contracts/asyncapi.yaml), an "
        "[AsyncAPI 3.0](https://www.asyncapi.com/docs/reference/specification/v3.0.0) document. `{environment}` "
        "stands for the name of the deployment.",
        "",
        *_drawing(document),
    ]
    shown: set[str] = set()
    for name, channel in document["channels"].items():
        lines += _channel(name, channel, document)
        for schema in _needed(channel, document):
            if schema not in shown:
                lines += _schema(schema, document)
            shown.add(schema)
    return "\n".join(lines).rstrip() + "\n"


def _drawing(document: Json) -> Iterator[str]:
    yield "```mermaid"
    yield "flowchart LR"
    for operation in document["operations"].values():
        channel = name_of(operation["channel"])
        node = f"{channel}[{document['channels'][channel]['title']}]"
        sent = name_of(operation["messages"][0])
        if operation["action"] == "receive":
            yield f'    {node} -- "{sent}" --> {APPLICATION}'
        elif "reply" in operation:
            yield f'    {APPLICATION} <-- "{sent},<br>{name_of(operation["reply"]["messages"][0])}" --> {node}'
        else:
            yield f'    {APPLICATION} -- "{sent}" --> {node}'
    yield "```"
    yield ""


def _channel(name: str, channel: Json, document: Json) -> Iterator[str]:
    yield f"## {channel['title']}"
    yield ""
    yield f"`{channel['address']}`. {channel['description']}"
    yield ""
    for operation_name, operation in document["operations"].items():
        if name_of(operation["channel"]) == name:
            yield f"The {APPLICATION} **{operation['action']}s** (`{operation_name}`): {operation['summary']}"
            yield ""
    if "bindings" in channel:
        yield from _queue(channel["bindings"]["sqs"]["queue"])
    for message in channel["messages"].values():
        if not references(message["payload"]):
            yield from _raw_message(message)


def _queue(queue: Json) -> Iterator[str]:
    settings = [f"messages are kept {queue['messageRetentionPeriod'] // DAY} days"]
    if "visibilityTimeout" in queue:
        settings.append(f"visibility timeout {queue['visibilityTimeout']} s")
    if "redrivePolicy" in queue:
        settings.append(f"{queue['redrivePolicy']['maxReceiveCount']} deliveries, then the dead letter queue")
    yield f"By default: {'; '.join(settings)}."
    yield ""


def _raw_message(message: Json) -> Iterator[str]:
    yield f"### {message['title']}"
    yield ""
    yield f"{message['summary']} {message['payload']['description']}"
    yield ""
    if "headers" in message:
        yield message["headers"]["description"]
        yield ""
        yield from schema_table(message["headers"], {})
    for example in message.get("examples", []):
        yield from _example("Attributes", example["headers"])
        yield from _example("Body", json.loads(example["payload"]))


def _needed(channel: Json, document: Json) -> list[str]:
    """The schemas of a channel's messages, each before those that it refers to."""
    schemas = document["components"]["schemas"]
    waiting = [name for message in channel["messages"].values() for name in references(message["payload"])]
    needed: list[str] = []
    while waiting:
        name = waiting.pop(0)
        if name not in needed and schemas[name]:
            needed.append(name)
            waiting = [*references(schemas[name]), *waiting]
    return needed


def _schema(name: str, document: Json) -> Iterator[str]:
    schemas = document["components"]["schemas"]
    schema = schemas[name]
    yield f"### {name}"
    yield ""
    if "description" in schema:
        yield schema["description"]
        yield ""
    if "enum" in schema:
        yield ", ".join(f"`{value}`" for value in schema["enum"])
        yield ""
    if "properties" in schema:
        yield from schema_table(schema, schemas)
    if schema.get("additionalProperties") is True:
        yield "Further keys are allowed."
        yield ""
    for example in schema.get("examples", []):
        yield from _example("Example", example)


def _example(title: str, example: object) -> Iterator[str]:
    yield f"{title}:"
    yield ""
    yield "```json"
    yield json.dumps(example, indent=2, ensure_ascii=False)
    yield "```"
    yield ""
