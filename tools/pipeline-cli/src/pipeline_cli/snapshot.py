"""A snapshot of an environment: each part is read by its own call, all of them concurrently."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from pipeline_cli import event_source
from pipeline_cli.advice import action_of, concerns_credentials, is_denied
from pipeline_cli.alarms import alarm_states
from pipeline_cli.errors import CommandError
from pipeline_cli.queue_depth import QueueDepth
from pipeline_cli.recent_outcomes import RecentOutcomes, read_log, read_metrics
from pipeline_cli.unfinished_executions import HELD, RUNNING, Unfinished, unfinished

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future

    from pipeline_cli.event_source import EventSource
    from pipeline_cli.target import Target

_SIDE_BY_SIDE = 12

Part = TypeVar("Part")


@dataclass(frozen=True)
class Unknown:
    """Placeholder for a part that could not be read."""

    why: str
    action: str = ""
    """The action for which the caller lacks permission."""


@dataclass(frozen=True)
class Version:
    """The version to which the alias of a function points."""

    version: str
    published: str
    description: str
    other_versions: Mapping[str, float]
    """The shares of other versions during a gradual release."""


@dataclass(frozen=True)
class Snapshot:
    """The state of an environment."""

    environment: str
    region: str
    at: datetime
    queues: Mapping[str, QueueDepth | Unknown]
    oldest_seconds: Mapping[str, float] | Unknown
    event_source: EventSource | Unknown
    running: Unfinished | Unknown
    paused: Unfinished | Unknown
    outcomes: RecentOutcomes | Unknown
    alarms: Mapping[str, str] | Unknown
    """The state of each alarm by its name without the environment's prefix."""
    versions: Mapping[str, Version | Unknown]

    @property
    def unknown(self) -> list[Unknown]:
        """All parts that could not be read."""
        parts = [
            *self.queues.values(),
            self.oldest_seconds,
            self.event_source,
            self.running,
            self.paused,
            self.outcomes,
            self.alarms,
            *self.versions.values(),
        ]
        return [part for part in parts if isinstance(part, Unknown)]


def take(target: Target, services: Sequence[str]) -> Snapshot:
    """Take a snapshot of an environment with these services."""
    resources, now = target.resources, datetime.now(UTC)
    urls = {
        "source": resources.queue_url,
        "dead letter": resources.dead_letter_queue_url,
        "invalid message": resources.invalid_message_queue_url,
    }
    for service in ("sqs", "cloudwatch", "lambda", "logs"):
        target.client(service)  # made here, because boto3's sessions are not thread-safe
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:

        def ask(read: Callable[..., Part], *arguments: Any) -> Future[Part | Unknown]:
            return pool.submit(guarded, read, *arguments)

        queues = {name: ask(QueueDepth.read, target.client("sqs"), url) for name, url in urls.items()}
        metrics = ask(read_metrics, target, urls, now)
        source = ask(event_source.find, target)
        running, paused = ask(unfinished, target, RUNNING), ask(unfinished, target, *HELD)
        alarms = ask(alarm_states, target)
        versions = {service: ask(_version, target, service) for service in services}
        seen = metrics.result()
        outcomes = seen if isinstance(seen, Unknown) else seen.outcomes
        return Snapshot(
            environment=target.environment,
            region=target.region,
            at=now,
            queues={name: future.result() for name, future in queues.items()},
            oldest_seconds=seen if isinstance(seen, Unknown) else seen.oldest_seconds,
            event_source=source.result(),
            running=running.result(),
            paused=paused.result(),
            outcomes=guarded(read_log, target, now) if outcomes is None else outcomes,
            alarms=alarms.result(),
            versions={service: future.result() for service, future in versions.items()},
        )


def guarded(read: Callable[..., Part], *arguments: Any) -> Part | Unknown:
    """Read a part; if it fails, an error takes its place."""
    try:
        return read(*arguments)
    except CommandError as error:
        return Unknown(str(error))
    except ClientError as error:
        if concerns_credentials(error):
            raise
        if is_denied(error):
            return Unknown("not allowed", action_of(error))
        return Unknown(f"{error.operation_name}: {error.response['Error']['Code']}")


def _version(target: Target, service: str) -> Version:
    client, name = target.client("lambda"), f"{target.environment}-durable-pipeline-{service}"
    alias = client.get_alias(FunctionName=name, Name=target.resources.alias)
    version = alias["FunctionVersion"]
    described = client.get_function(FunctionName=name, Qualifier=version)["Configuration"]
    return Version(
        version=version,
        published=described["LastModified"],
        description=described.get("Description", ""),
        other_versions=(alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights", {}),
    )
