"""The screen of `pipeline status`, 80 columns wide."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from local_aws.terminal import shown
from rich.console import Group
from rich.table import Table
from rich.text import Text

from pipeline_cli.advice import policy_for
from pipeline_cli.alarms import are_watching, firing, summary
from pipeline_cli.event_source import ENABLED
from pipeline_cli.printing import moment
from pipeline_cli.recent_outcomes import WINDOW
from pipeline_cli.snapshot import Snapshot, Unknown, Version

if TYPE_CHECKING:
    from rich.console import RenderableType

_GOOD, _BAD, _UNSURE, _FAINT = "green", "bold red", "yellow", "dim"


def draw(snapshot: Snapshot) -> RenderableType:
    """Draw it."""
    head = Text.assemble(
        (snapshot.environment, "bold"), f" in {snapshot.region}, ", (f"{moment(snapshot.at)} UTC", _FAINT)
    )
    parts = (_queues(snapshot), Text(), _facts(snapshot), Text(), _versions(snapshot), *_not_allowed(snapshot))
    return Group(head, Text(), *parts)


def _queues(snapshot: Snapshot) -> Table:
    table = _table("queue", numbers=("visible", "in flight", "delayed", "oldest"))
    for name, depth in snapshot.queues.items():
        if isinstance(depth, Unknown):
            table.add_row(name, _unknown(depth))
            continue
        style = _BAD if name != "source" and depth.total else ""
        numbers = (Text(f"{number:,}", style) for number in (depth.visible, depth.in_flight, depth.delayed))
        table.add_row(name, *numbers, _oldest(snapshot, name) if depth.total else "-")
    return table


def _oldest(snapshot: Snapshot, queue: str) -> Text:
    if isinstance(snapshot.oldest_seconds, Unknown):
        return _unknown(snapshot.oldest_seconds)
    seconds = snapshot.oldest_seconds.get(queue)
    return Text("no metric", _FAINT) if seconds is None else Text(_duration(seconds))


def _facts(snapshot: Snapshot) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style=_FAINT)
    table.add_column(overflow="fold")
    table.add_row("event source", _event_source(snapshot))
    table.add_row("executions", _executions(snapshot))
    table.add_row(f"last {WINDOW.seconds // 60} minutes", _outcomes(snapshot))
    table.add_row("alarms", _alarms(snapshot))
    return table


def _event_source(snapshot: Snapshot) -> Text:
    source = snapshot.event_source
    if isinstance(source, Unknown):
        return _unknown(source)
    reason = f" ({source.reason})" if source.reason else ""
    return Text.assemble((source.state, _GOOD if source.state == ENABLED else _UNSURE), shown(reason, _FAINT))


def _executions(snapshot: Snapshot) -> Text:
    if isinstance(snapshot.running, Unknown):
        return _unknown(snapshot.running)
    text = Text(f"{snapshot.running} running")
    if isinstance(snapshot.paused, Unknown):
        return text.append(", paused: ").append_text(_unknown(snapshot.paused))
    return text.append(f", {snapshot.paused} paused", _UNSURE if snapshot.paused.arns else "")


def _outcomes(snapshot: Snapshot) -> Text:
    seen = snapshot.outcomes
    if isinstance(seen, Unknown):
        return _unknown(seen)
    least = "" if seen.complete else "at least "
    return Text.assemble(
        f"{least}{seen.received:,} received ({seen.per_second:.1f}/s): {seen.stored:,} stored, ",
        (f"{seen.rejected:,} rejected", _UNSURE if seen.rejected else ""),
        ", ",
        (f"{seen.failed:,} failed", _BAD if seen.failed else ""),
        ("\nno metrics: counted in the log" if seen.source == "log" else "", _FAINT),
    )


def _alarms(snapshot: Snapshot) -> Text:
    states = snapshot.alarms
    if isinstance(states, Unknown):
        return _unknown(states)
    quiet = _GOOD if are_watching(states) else _UNSURE
    return Text(summary(states), _BAD if firing(states) else quiet)


def _versions(snapshot: Snapshot) -> Table:
    table = _table("service", numbers=("version",))
    table.expand = True  # so that only the last column is truncated
    table.add_column("published", no_wrap=True)
    table.add_column("description", no_wrap=True, overflow="ellipsis", ratio=1)
    for service, version in snapshot.versions.items():
        if isinstance(version, Unknown):
            table.add_row(service, "", "", _unknown(version))
        else:
            table.add_row(service, _numbers(version), _published(version), shown(version.description, _FAINT))
    return table


def _numbers(version: Version) -> str:
    others = (f"{share:.0%} {number}" for number, share in version.other_versions.items())
    return ", ".join((version.version, *others))


def _published(version: Version) -> Text:
    try:
        return Text(moment(datetime.fromisoformat(version.published)))
    except ValueError:
        return shown(version.published)


def _not_allowed(snapshot: Snapshot) -> list[RenderableType]:
    actions = sorted({part.action for part in snapshot.unknown if part.action})
    if not actions:
        return []
    policies = " and ".join(sorted(filter(None, {policy_for(action) for action in actions})))
    text = f"not allowed: {', '.join(actions)}. The stack access has the policy for it: {policies or 'none'}."
    return [Text(), shown(text, _UNSURE)]


def _table(first: str, *, numbers: tuple[str, ...]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=_FAINT)
    table.add_column(first, no_wrap=True)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _unknown(part: Unknown) -> Text:
    return shown(part.why, _UNSURE)


def _duration(seconds: float) -> str:
    whole: Any = round(seconds)
    for size, unit, smaller, smaller_unit in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // smaller} {smaller_unit}"
    return f"{whole} s"
