"""The designs that are measured side by side: the same services, the same table, a queue each."""

from __future__ import annotations

from dataclasses import dataclass

from local_aws.deploy.transform import parse_template
from pipeline_testing.repository_copy import REPOSITORY
from pipeline_testing.stages import SERVICES

PREFIX = "-durable-pipeline-"
ORCHESTRATOR = f"{PREFIX}orchestrator"


def default_of(parameter: str) -> int:
    """Read the default of a number in the root template."""
    root = parse_template((REPOSITORY / "infra" / "template.yaml").read_text(encoding="utf-8"))
    return int(root["Parameters"][parameter]["Default"])


@dataclass(frozen=True)
class Variant:
    """One way to build the pipeline."""

    name: str
    batch_size: int
    durable: bool = True
    """Whether a durable function orchestrates it."""
    steps: tuple[str, ...] = ()
    """Of ordinary functions: the end of each one's name, in their order."""

    @property
    def function(self) -> str:
        """The end of the name of the queue that is sent to, and of the durable function."""
        return ORCHESTRATOR if self.name == "ours" else f"{PREFIX}{self.name}"

    @property
    def functions(self) -> dict[str, str]:
        """The ends of the names of all its functions, by what the figures call them."""
        if self.durable:
            return {"orchestrator": self.function, **{name: f"{PREFIX}{name}" for name in SERVICES}}
        return {step: f"{PREFIX}{step}" for step in self.steps}

    @property
    def queues(self) -> tuple[str, ...]:
        """The ends of the names of its queues, in the order in which a message passes them."""
        return (self.function, *(f"{PREFIX}{step}" for step in self.steps[1:]))


OURS = Variant("ours", default_of("BatchSize"))
LOOP = Variant("loop", 5)
MAP = Variant("map", 10)
PLAIN_10 = Variant("plain-10", 10, durable=False, steps=("plain",))
PLAIN_100 = Variant("plain-100", 100, durable=False, steps=("plain",))
QUEUES = Variant("queues", 10, durable=False, steps=("queues-validator", "queues-transformer", "queues-storer"))
"""The size of a batch is what is common for a design."""

DURABLE_BASELINES = (LOOP, MAP)
PLAIN = (PLAIN_10, PLAIN_100, QUEUES)
BASELINES = (*DURABLE_BASELINES, *PLAIN)
ALL = (OURS, *BASELINES)

CONCURRENCY = 2
"""Executions or invocations of each variant at once: the fewest that a mapping takes, and one for each of two cores."""
WINDOW_SECONDS = 10
"""Longer than a batch takes to receive on this machine, so that each batch is full."""

PARAMETERS = {
    "EnvironmentName": "bench",
    "BatchSize": str(OURS.batch_size),
    "BatchingWindowSeconds": str(WINDOW_SECONDS),
    "MaximumConcurrency": str(CONCURRENCY),
}
"""Of the root template."""
