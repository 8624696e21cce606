"""A program that redrives in processes that kill themselves after one of their AWS calls, by its number from stdin.

For each number it prints the exit status of the process, which is negative if it was killed.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pipeline_cli.queue_reader
import pipeline_cli.target
from local_aws.aws import AwsEndpoint
from pipeline_cli.app import main

if TYPE_CHECKING:
    from collections.abc import Callable


class Killer:
    """Makes clients whose calls are counted, one at a time, so that none is in progress when the process is killed."""

    def __init__(self, make: Callable[[str], Any], last: int, receipts: int) -> None:
        self._make = make
        self._left = last
        self._receipts = receipts
        self._lock = threading.Lock()

    def make_client(self, service: str) -> Any:
        client = self._make(service)
        call = client._make_api_call

        def counted(operation: str, given: dict[str, Any]) -> Any:
            with self._lock:
                answer = call(operation, given | ({"WaitTimeSeconds": 0} if operation == "ReceiveMessage" else {}))
                for message in answer.get("Messages", []):
                    os.write(self._receipts, f"{message['ReceiptHandle']}\n".encode())
                self._left -= 1
                if not self._left:
                    os.kill(os.getpid(), signal.SIGKILL)
                return answer

        client._make_api_call = counted
        return client


def redrive(make: Callable[[str], Any], environment: str, receipts: Path, last: int) -> int:
    """Redrive in a process, and return its exit status."""
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    quiet = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(quiet, stream)
    file = os.open(receipts, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    pipeline_cli.queue_reader._THREADS = 1  # so that every run makes the same calls
    pipeline_cli.target.aws_client = Killer(make, last, file).make_client
    os._exit(main(["dead", "redrive", "--yes", "--rate", "100000", "--env", environment]))


if __name__ == "__main__":
    make = pipeline_cli.target.client_of(AwsEndpoint(sys.argv[1]))
    for service in ("sqs", "dynamodb", "logs", "ssm", "sts"):
        make(service)  # so that the processes need not read its description
    for line in sys.stdin:
        print(redrive(make, sys.argv[2], Path(sys.argv[3]), int(line)), flush=True)
