"""The metrics, as CloudWatch reads them from the log: the embedded metric format."""

from __future__ import annotations

import json


class Counted:
    """The metrics of one execution."""

    def __init__(self, output: str) -> None:
        self.records = [json.loads(line) for line in output.splitlines() if '"_aws"' in line]

    def total(self, name: str) -> float:
        """Return the sum of a metric with only the common dimensions."""
        return sum(sum(record[name]) for record in self.records if name in record and "code" not in record)

    def reasons(self, name: str) -> dict[tuple[str, str], float]:
        """Return the parts of a metric by stage and code."""
        return {(r["stage"], r["code"]): sum(r[name]) for r in self.records if name in r and "code" in r}

    def values(self, name: str) -> list[float]:
        return [value for record in self.records for value in record.get(name, [])]

    def totals(self) -> dict[str, float]:
        """Return the sums of all message metrics with only the common dimensions."""
        names = {name for record in self.records for name in record if name.startswith("Messages")}
        return {name: self.total(name) for name in names}
