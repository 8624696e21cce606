"""The designs that are compared: the same services, the same table, and a queue for each."""

from __future__ import annotations

from dataclasses import dataclass

from local_aws.deploy.transform import parse_template
from pipeline_testing.repository_copy import REPOSITORY
from pipeline_testing.stages import SERVICES

PREFIX = "-durable-pipeline-"
ORCHESTRATOR = f"{PREFIX}orchestrator"


def default_of(parameter: str) -> int:
    """Read the default value of a numeric parameter in the root template."""
    root = parse_template((REPOSITORY / "infra" / "template.yaml").read_text(encoding="utf-8"))
    return int(root["Parameters"][parameter]["Default"])


@dataclass(frozen=True)
class Variant:
    """A way to build the pipeline."""

    name: str
    batch_size: int
    durable: bool = True
    """Whether a durable function orchestrates it."""
    steps: tuple[str, ...] = ()
    """For ordinary functions: the suffixes of their names, in order."""

    @property
    def function(self) -> str:
        """The suffix of the name of the input queue, and of the durable function."""
        return ORCHESTRATOR if self.name == "ours" else f"{PREFIX}{self.name}"

    @property
    def functions(self) -> dict[str, str]:
        """The suffixes of the names of all its functions, by their names in the figures."""
        if self.durable:
            return {"orchestrator": self.function, **{name: f"{PREFIX}{name}" for name in SERVICES}}
        return {step: f"{PREFIX}{step}" for step in self.steps}

    @property
    def queues(self) -> tuple[str, ...]:
        """The suffixes of the names of its queues, in the order in which a message passes them."""
        return (self.function, *(f"{PREFIX}{step}" for step in self.steps[1:]))


OURS = Variant("ours", default_of("BatchSize"))
LOOP = Variant("loop", 5)
MAP = Variant("map", 10)
PLAIN_10 = Variant("plain-10", 10, durable=False, steps=("plain",))
PLAIN_100 = Variant("plain-100", 100, durable=False, steps=("plain",))
QUEUES = Variant("queues", 10, durable=False, steps=("queues-validator", "queues-transformer", "queues-storer"))
"""The batch sizes are those that are common for a design."""

DURABLE_BASELINES = (LOOP, MAP)
PLAIN = (PLAIN_10, PLAIN_100, QUEUES)
BASELINES = (*DURABLE_BASELINES, *PLAIN)
ALL = (OURS, *BASELINES)

CONCURRENCY = 2
"""Concurrent executions or invocations per variant: the minimum of a mapping, and one for each of two cores."""
WINDOW_SECONDS = 10
"""Longer than it takes to receive a batch on this machine, so that each batch is full."""

PARAMETERS = {
    "EnvironmentName": "bench",
    "BatchSize": str(OURS.batch_size),
    "BatchingWindowSeconds": str(WINDOW_SECONDS),
    "MaximumConcurrency": str(CONCURRENCY),
}
"""Parameters of the root template."""
