"""The plots of `docs/scaling.md`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

AXES = {"messages": "messages", "batch size": "batch_size", "chunk size": "chunk_size", "message size": "size"}
EMULATOR = ("MiniStack", "durable service", "event source mapping")
SHOWN = {
    "messages_per_second": "messages a second",
    "operations": "operations a message",
    "state_bytes": "bytes of state a message",
}


# So that the same figures give the same bytes.
mpl.rcParams["svg.hashsalt"] = "bench"
mpl.rcParams["svg.fonttype"] = "none"


def write_memory(figures: Mapping[str, Any], folder: Path) -> None:
    """Draw the memory of each part during a run: the functions', and the emulator's."""
    samples = figures["samples"]
    figure = Figure(figsize=(9, 2.6), layout="constrained")
    names = sorted({name for sample in samples for name in sample} - {"seconds"})
    panels = {
        "functions, MB": [name for name in names if name not in EMULATOR],
        "emulator, MB": [name for name in names if name in EMULATOR],
    }
    for panel, (title, shown) in zip(figure.subplots(1, len(panels)), panels.items(), strict=True):
        for name in shown:
            panel.plot(
                [sample["seconds"] for sample in samples], [sample.get(name, 0) for sample in samples], label=name
            )
        panel.set_ylim(bottom=0)
        panel.set_title(title, fontsize=10)
        panel.set_xlabel("seconds")
        panel.grid(visible=True, alpha=0.3)
        panel.legend(fontsize=7)
    figure.savefig(folder / "memory.svg", metadata={"Date": None})


def write_plots(figures: Mapping[str, Any], folder: Path) -> None:
    """Draw each series: the varied quantity on the x axis, and a panel per figure, starting at zero."""
    for series, axis in AXES.items():
        rows = sorted((row for row in figures["points"] if row["series"] == series), key=lambda row: row[axis])
        if not rows:
            continue
        figure = Figure(figsize=(9, 2.6), layout="constrained")
        for panel, (name, label) in zip(figure.subplots(1, len(SHOWN)), SHOWN.items(), strict=True):
            panel.plot([row[axis] for row in rows], [row[name] for row in rows], marker="o", color="#1f5f99")
            panel.set_xscale("log")
            panel.set_xticks([row[axis] for row in rows], [f"{row[axis]:,}" for row in rows])
            panel.minorticks_off()
            panel.set_ylim(0, 1.2 * max(row[name] for row in rows))
            panel.set_title(label, fontsize=10)
            panel.set_xlabel(series)
            panel.grid(visible=True, alpha=0.3)
        file = folder / f"{series.replace(' ', '-')}.svg"
        figure.savefig(file, metadata={"Date": None})
