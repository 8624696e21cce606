"""Operations over time: a table with one bar per operation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local_aws.terminal import printable
from nicegui import ui
from pipeline_cli.executions.timeline import seconds

from pipeline_console.parts import status_class

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

_PAGE = 100
_COLUMNS = [
    {"name": "label", "label": "operation", "field": "label", "align": "left"},
    {"name": "begin", "label": "start", "field": "begin", "align": "right"},
    {"name": "took", "label": "took", "field": "took", "align": "right"},
    {"name": "outcome", "label": "outcome", "field": "outcome", "align": "left"},
    {"name": "bar", "label": "", "field": "bar", "align": "left", "style": "width: 45%"},
]
_DATA = {"name": "data", "label": "", "field": "data", "align": "right"}
_LABEL = """<q-td :props="props" :style="{paddingLeft: (8 + 18 * props.row.depth) + 'px'}">{{ props.value }}</q-td>"""
_OUTCOME = """<q-td :props="props"><span :class="props.row.style">{{ props.value }}</span>
<div v-if="props.row.note" class="faint lines">{{ props.row.note }}</div></q-td>"""
_BAR = """<q-td :props="props"><div class="lane"><div :class="[props.row.style, {waits: props.row.waits}]"
:style="{left: props.row.left + '%', width: props.row.width + '%'}"></div></div></q-td>"""
_BUTTON = """<q-td :props="props"><q-btn v-if="props.row.has" flat dense no-caps label="Show data"
:aria-label="'Show the data of ' + props.row.label" @click="() => $parent.$emit('data', props.row.id)" /></q-td>"""


@dataclass(frozen=True)
class Lane:
    """One operation."""

    label: str
    started: datetime
    ended: datetime | None
    outcome: str
    depth: int = 0
    note: str = ""
    waits: bool = False
    """Whether it only waits, or only contains other operations."""
    shows: bool = False
    """Whether it has data to show."""


def draw_lanes(lanes: Sequence[Lane], over: datetime | None, on_data: Callable[[int], Awaitable[None]] | None) -> None:
    """Draw them; ``over`` is the time when all had ended, and ``on_data`` shows the data of one, by its index."""
    if not lanes:
        return
    first = min(lane.started for lane in lanes)
    last = max([*(lane.ended for lane in lanes if lane.ended), over or datetime.now(UTC)])
    whole = max((last - first).total_seconds(), 0.001)
    rows = [_row(index, lane, first, whole, ended=over is not None) for index, lane in enumerate(lanes)]
    table = ui.table(
        rows=rows,
        columns=[*_COLUMNS, _DATA] if on_data else _COLUMNS,
        row_key="id",
        pagination=_PAGE if len(rows) > _PAGE else 0,
    )
    table.classes("wide").props("dense flat bordered" + (" hide-bottom" if len(rows) <= _PAGE else ""))
    for name, slot in (("label", _LABEL), ("outcome", _OUTCOME), ("bar", _BAR), ("data", _BUTTON)):
        table.add_slot(f"body-cell-{name}", slot)
    if on_data:
        table.on("data", lambda event: on_data(int(event.args)))


def _row(index: int, lane: Lane, first: datetime, whole: float, *, ended: bool) -> dict[str, Any]:
    begin = (lane.started - first).total_seconds()
    end = (lane.ended - first).total_seconds() if lane.ended else whole
    return {
        "id": index,
        "label": printable(lane.label),
        "depth": lane.depth,
        "begin": f"+{begin:.2f} s",
        "took": seconds(lane.started, lane.ended) if lane.ended or not ended else "not ended",
        "outcome": printable(lane.outcome),
        "note": printable(lane.note),
        "style": status_class(lane.outcome),
        "waits": lane.waits,
        "left": round(100 * begin / whole, 2),
        "width": round(100 * max(end - begin, 0) / whole, 2),
        "has": lane.shows,
    }
