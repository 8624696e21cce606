"""The calculated latency of one message in an idle pipeline on AWS: the counts are measured, the times assumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

POLL_SECONDS = 0.02
"""Assumption: the time from sending a message to the return of a long poll."""
INVOKE_SECONDS = 0.03
"""Assumption: the time from the end of a handler or checkpoint to the start of the next handler, warm."""
HANDLER_SECONDS = 0.03
"""Assumption: the time of one record in a handler, including the handler's calls."""
ENVIRONMENT_SECONDS = 0.25
"""Assumption: the time to start an execution environment with the package and the runtime."""


@dataclass(frozen=True)
class Latency:
    """The parts of one message's latency; imports are per function."""

    window_seconds: float
    invocations: float
    """Of the orchestrator and of the services, in sequence."""
    import_seconds: Mapping[str, float]
    """Assumption: initialization has a whole core, as fast as the one that measured the imports."""

    @classmethod
    def of(cls, row: Mapping[str, Any], cold_start: Mapping[str, Any]) -> Latency:
        """Combine the counts of a measured row with the measured imports."""
        imports = {one["service"]: one["handler"] / 1_000 for one in cold_start["services"]}
        return cls(row["window_seconds"], row["orchestrator_invocations"] + row["service_invocations"], imports)

    @property
    def invoking(self) -> float:
        """Seconds of all invocations."""
        return self.invocations * (INVOKE_SECONDS + HANDLER_SECONDS)

    @property
    def warm(self) -> float:
        """Seconds if each function has a warm execution environment."""
        return POLL_SECONDS + self.window_seconds + self.invoking

    @property
    def starting(self) -> float:
        """Seconds of the cold starts, one per function, in sequence."""
        return sum(ENVIRONMENT_SECONDS + seconds for seconds in self.import_seconds.values())

    @property
    def cold(self) -> float:
        """Seconds if no function has one."""
        return self.warm + self.starting


def table(found: Mapping[str, Any], cold_start: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a Markdown table, with its assumptions."""
    functions = len(cold_start["services"])
    yield (
        f"Computed for AWS. Assumed: a poll that returns after {POLL_SECONDS} s; {INVOKE_SECONDS} s until a handler "
        f"begins, and {HANDLER_SECONDS} s in it; {ENVIRONMENT_SECONDS} s for a new execution environment. Measured "
        f"here: the number of invocations, and the imports of {functions} handlers."
    )
    yield ""
    yield "| parameters | poll | window | invocations | in them | **warm** | cold starts | **cold** |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for row in found["rows"]:
        if row["cold"]:
            continue
        one = Latency.of(row, cold_start)
        yield (
            f"| {row['profile']} | {POLL_SECONDS:.2f} s | {one.window_seconds} s | {one.invocations:.0f} | "
            f"{one.invoking:.2f} s | **{one.warm:.2f} s** | {one.starting:.2f} s | **{one.cold:.2f} s** |"
        )
