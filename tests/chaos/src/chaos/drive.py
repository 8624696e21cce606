"""The run itself: sends messages, injects faults as messages are settled, and waits until the queue is empty."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_aws.errors import EmulatorError
from pipeline_cli.executions.places import QueueSettings
from pipeline_cli.outputs import StackOutputs
from pipeline_cli.queue_reader import depth
from pipeline_demo.lines import Line
from pipeline_demo.sending import SentMessage, send

from chaos.audit import Sent
from chaos.injector import Injector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from local_aws.emulator import Emulator
    from mypy_boto3_sqs import SQSClient

    from chaos.faults import Fault
    from chaos.injector import InjectedFault
    from chaos.messages import PlannedMessage

# MiniStack goes through all messages of a queue at each request for its attributes.
_LOOK_SECONDS = 0.1
_SAY_SECONDS = 5.0
# Between two looks, so that faults are injected close to their planned time while messages are sent.
_SENT_AT_ONCE = 200
# The queue is empty after the last delete. The work of a forgotten execution, whose mapping was killed, shows as a
# change within this time.
_QUIET_SECONDS = 10.0
_SLOWNESS = 3.0
# Including looping poison, retries, and processing record by record.
_EXECUTION_SECONDS = 60


@dataclass(frozen=True)
class Course:
    """The course of a run; ``given_up`` says why it did not end by itself."""

    sent: Sequence[Sent]
    injected: Sequence[InjectedFault]
    settling_seconds: float
    """From the first message sent to the last one settled, that is, gone from the queue for whatever reason."""
    given_up: str | None


def drive(
    aws: Emulator,
    messages: Sequence[PlannedMessage],
    faults: Sequence[Fault],
    *,
    backlog: int,
    say: Callable[[str], None],
) -> Course:
    """Run the plan; at most ``backlog`` messages are in the queue at once, like with a steady producer."""
    sqs, url = aws.endpoint.sqs(), StackOutputs.of(aws.outputs).queue_url
    injector = Injector(aws)
    sent: list[Sent] = []
    due = list(faults)
    # The longest that a good message can stay invisible and be processed, on a slow machine.
    patience = _SLOWNESS * (QueueSettings.read(sqs, url).visibility_seconds + _EXECUTION_SECONDS)
    began = changed = said = time.monotonic()
    state: tuple[int, int, int] | None = None
    given_up = None
    while True:
        aws.check()
        waiting = depth(sqs, url)
        settled = len(sent) - waiting
        injector.end_outages()
        while due and due[0].after <= settled and injector.inject(due[0], settled):
            del due[0]
        sending = max(0, min(backlog - waiting, len(messages) - len(sent), _SENT_AT_ONCE))
        sent += _sent(sqs, url, messages[len(sent) : len(sent) + sending])
        now = time.monotonic()
        if now - said >= _SAY_SECONDS:
            said = now
            say(f"{now - began:6.1f} s  {len(sent)} sent, {settled} settled, {len(injector.injected)} faults injected")
        if (len(sent), settled, len(due)) != state:
            state, changed = (len(sent), settled, len(due)), now
        if not waiting and not sending and not due and not injector.outages:
            break
        if now - changed > patience:
            given_up = f"nothing has changed for {patience:.0f} s; {waiting} in the queue, {len(due)} faults are due"
            break
        time.sleep(_LOOK_SECONDS)
    seconds = time.monotonic() - began
    if given_up is None:
        _wait_until_quiet(aws)
    return Course(sent, injector.injected, seconds, given_up)


def _sent(sqs: SQSClient, url: str, messages: Sequence[PlannedMessage]) -> Iterator[Sent]:
    planned = {message.number: message for message in messages}
    lines = [Line(message.number, message.body) for message in messages]
    for result in send(sqs, url, lines):
        if not isinstance(result, SentMessage):
            raise EmulatorError(f"message {result.line.number} could not be sent: {result.reason}")
        yield Sent(planned[result.line.number], result.message_id)


def _wait_until_quiet(aws: Emulator) -> None:
    sqs, dynamodb, outputs = aws.endpoint.sqs(), aws.endpoint.dynamodb(), StackOutputs.of(aws.outputs)
    urls = (outputs.queue_url, outputs.dead_letter_queue_url, outputs.invalid_message_queue_url)
    before: list[int] = []
    changed = time.monotonic()
    while time.monotonic() - changed < _QUIET_SECONDS:
        aws.check()
        items = dynamodb.describe_table(TableName=outputs.table_name)["Table"]["ItemCount"]
        now = [items, *(depth(sqs, url) for url in urls)]
        if now != before:
            before, changed = now, time.monotonic()
        time.sleep(2 * _LOOK_SECONDS)
