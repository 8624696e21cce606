"""Faults between the deployed functions and the emulated AWS, injected and recorded by microburst."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_aws.environment import service_environment
from local_aws.process import ChildProcess

from pipeline_e2e.stack import GIVE_UP_SECONDS

if TYPE_CHECKING:
    from local_aws.aws import AwsEndpoint
    from local_aws.run_folder import RunFolder

# https://pypi.org/project/microburst/ describes the keys; the first matching rule applies to a call.
Rule = dict[str, Any]


def microburst(run: RunFolder, upstream: AwsEndpoint, port: int) -> ChildProcess:
    """Describe the proxy, which forwards everything until it has rules."""
    executable = os.environ.get("MICROBURST_EXECUTABLE")
    if not executable:
        raise RuntimeError("MICROBURST_EXECUTABLE is not set; run this through ./nox -s e2e, which sets it")
    # Only while recording does it parse the body of an Invoke, which alone says what is invoked, and for whom.
    recording = run.path / "microburst"
    return ChildProcess(
        "microburst",
        [executable, "--upstream", upstream.url, "--port", str(port), "--record", str(recording)],
        environment=service_environment(run.id, run.path, upstream),
        folder=run.path,
        log=run.log("microburst"),
    )


@dataclass(frozen=True)
class Fired:
    """A fault that hit a call: when, in seconds since 1970, and the number of its rule."""

    at: float
    rule: int


class Faults:
    """The rules of a running proxy, and their effects."""

    def __init__(self, endpoint: AwsEndpoint) -> None:
        """Control the proxy that listens at the endpoint."""
        self._url = f"{endpoint.url}/_microburst"
        self._rules: list[int] = []

    def inject(self, *rules: Rule) -> None:
        """Replace the rules, and forget the effects of the previous ones."""
        # In this order, so that a call that meets a fault immediately is not forgotten.
        self._call("DELETE", "fired")
        self._rules = [rule["id"] for rule in self._call("POST", "rules", list(rules))]

    def stop(self) -> None:
        """Let every call pass from now on; the recorded faults are kept."""
        self._call("DELETE", "rules", [])

    def fired(self) -> list[Fired]:
        """Return the faults since the last injection, by time, with the rules numbered from 0."""
        events = self._call("GET", "fired?limit=2000")
        rules = {rule: number for number, rule in enumerate(self._rules)}
        return [Fired(event["ts"], rules[event["rule_id"]]) for event in events if event["rule_id"] in rules]

    def counts(self) -> list[int]:
        """Return how often each rule has fired, in the order of their injection."""
        fired = [fault.rule for fault in self.fired()]
        return [fired.count(rule) for rule in range(len(self._rules))]

    def wait_until_fired(self) -> None:
        """Wait until every rule has fired."""
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while not all(self.counts()):
            assert time.monotonic() < deadline, f"no call met a fault: {self.counts()} after {GIVE_UP_SECONDS} s"
            time.sleep(0.1)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._url}/{path}", data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
