"""A redrive that is killed after any of its AWS calls loses nothing, and the next one completes it."""

from __future__ import annotations

import signal
import subprocess
import sys
from itertools import count
from typing import TYPE_CHECKING

import killed_redrive
from aws_environment import body

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from aws_environment import AwsEnvironment
    from local_aws.aws import AwsEndpoint

INVALID = "[]"
FEWEST_CALLS = 15
"""A run makes more: it receives, reads the log and the table, and sends, logs and deletes two batches."""


class Letters:
    """Dead letters of each kind, more than fit into one batch."""

    def __init__(self, aws: AwsEnvironment) -> None:
        self._aws = aws
        bodies = [body(number) for number in range(13)] + [body(13, idempotency_key=f"key-{id(self)}"), INVALID]
        self.all = aws.send("dead", bodies)
        self.stored, self.conflicting, self.invalid = set(self.all[:2]), self.all[2], self.all[-1]
        self.good = set(self.all) - self.stored - {self.conflicting, self.invalid}
        aws.store_all(
            {f"{aws.name}-esm-{one}": bodies[self.all.index(one)] for one in self.stored}
            | {f"{aws.name}-esm-{self.conflicting}": body(99)}
        )

    def check_nothing_is_lost(self) -> set[str]:
        """Check that messages that left the queue were sent or stored, and logged; return the remaining ones."""
        left = self._aws.messages("dead").keys()
        gone = set(self.all) - left
        assert gone <= {line["message_id"] for line in self._aws.operations()}
        assert gone & self.good <= self._aws.sent_identities().keys()
        assert gone <= self.good | self.stored
        return set(left)


def test_a_redrive_that_is_killed_after_any_call_loses_nothing(
    aws: AwsEnvironment, endpoint: AwsEndpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline_cli.queue_reader._THREADS", 1)
    receipts = tmp_path / "receipts"
    program = [sys.executable, killed_redrive.__file__, endpoint.url, aws.name, str(receipts)]
    partly = 0
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        for last in count(1):
            letters = Letters(aws)
            print(last, file=process.stdin, flush=True)
            status = int(process.stdout.readline())

            # Messages that a killed command hides are visible ten minutes later.
            aws.show("dead", receipts.read_text().split() if receipts.exists() else ())
            left = letters.check_nothing_is_lost()
            staying = {letters.conflicting, letters.invalid}
            if status != -signal.SIGKILL:
                break
            partly += staying < left < set(letters.all)
            assert aws.run("dead", "redrive", "--yes", "--rate", "100000") == 1
            assert letters.check_nothing_is_lost() == staying
            assert letters.good <= aws.sent_identities().keys()
            for queue in ("source", "dead"):
                aws.sqs.purge_queue(QueueUrl=aws.url(queue))
        process.stdin.close()

    assert (status, left) == (1, staying)
    assert last > FEWEST_CALLS
    assert partly  # some were killed between two batches
