"""One run: sends its messages to an environment that others may use as well, and follows them."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline_cli.errors import CommandError
from pipeline_cli.messages.attributes import Attribute
from pipeline_cli.messages.hold import HIDDEN_SECONDS, kept_hidden
from pipeline_cli.queue_reader import QueueReader, depth
from pipeline_cli.snapshot import Unknown
from pipeline_cli.table import Table

from pipeline_demo.audit import Audit
from pipeline_demo.lines import NotSent
from pipeline_demo.sending import send
from pipeline_demo.verifying.evidence import Executions, read_evidence, read_executions
from pipeline_demo.verifying.marked_lines import MARK
from pipeline_demo.verifying.promises import Findings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pipeline_cli.patience import Patience
    from pipeline_cli.rules import Problem
    from pipeline_cli.target import Target

    from pipeline_demo.lines import Line
    from pipeline_demo.verifying.marked_lines import MarkedLines

MOST_QUEUED = 10_000
"""Messages in the two queues, by any sender: all of them are received to find those of the run."""


class Verification:
    """The messages of a run, in an environment; the two readers hide what they receive."""

    def __init__(self, target: Target, lines: MarkedLines, invalid: QueueReader, dead: QueueReader) -> None:
        """Prepare to send the lines."""
        table = Table(target.client("dynamodb"), target.resources.table_name)
        self.audit = Audit(table, invalid, dead, intake=target.intake, mark=(MARK, lines.run))
        self.invalid, self.dead = invalid, dead
        self._target = target
        self._lines = lines
        self._not_sent: list[NotSent] = []
        self._began = datetime.now(UTC)
        self._executions: Executions | Unknown = Executions({}, {})

    def run(self, patience: Patience, show: Callable[[str], None]) -> None:
        """Send both parts, and wait after each until every message has its outcome, or until time is up."""
        self.send(self._lines.first)
        if self.wait(patience, show) and self._lines.second:
            self.send(self._lines.second)
            self.wait(patience, show)

    def send(self, lines: Sequence[Line]) -> None:
        """Send lines, each with the id of the run as a message attribute."""
        mark = {MARK: Attribute("String", self._lines.run)}
        for result in send(self._target.client("sqs"), self._target.resources.queue_url, lines, mark):
            if isinstance(result, NotSent):
                self._not_sent.append(result)
            else:
                self.audit.add(result)

    def wait(self, patience: Patience, show: Callable[[str], None]) -> bool:
        """Wait for the outcomes of the sent messages; False if time is up first."""
        for _ in patience.looks():
            self.audit.look()
            many = len(self.audit.messages)
            show(f"{many - self.audit.pending} of {many} messages have an outcome")
            if self._is_complete():
                return True
        return False

    def findings(self, problems: Mapping[int, Problem]) -> Findings:
        """Look everywhere once more, also for messages that were found before."""
        self.audit.settle(self.audit.items())
        self._executions = read_executions(self._target, self.audit.message_ids, self._began)
        evidence = read_evidence(self._target, self._executions)
        return Findings(self._lines, problems, self.audit.messages, self._not_sent, evidence)

    def _is_complete(self) -> bool:
        """A duplicate leaves no trace of its own in the table: the log shows that an execution had it."""
        if self.audit.pending_ids - self._duplicates():
            return False
        self._executions = read_executions(self._target, self.audit.message_ids, self._began)
        if isinstance(self._executions, Unknown):
            return not self.audit.pending or not depth(self._target.client("sqs"), self._target.resources.queue_url)
        return self.audit.message_ids <= self._executions.of_message.keys() and self._executions.have_ended

    def _duplicates(self) -> set[str]:
        if self._lines.keyed is None:
            return set()
        _, duplicate, _ = self._lines.keyed
        return {one.message.message_id for one in self.audit.messages if one.message.line.number == duplicate}


@contextmanager
def opened(target: Target, lines: MarkedLines) -> Iterator[Verification]:
    """Prepare a run; afterwards, messages that it received but did not delete are visible to others again.

    Raises:
        CommandError: The two queues have too many messages to search.
    """
    sqs, resources = target.client("sqs"), target.resources
    urls = resources.invalid_message_queue_url, resources.dead_letter_queue_url
    queued = sum(depth(sqs, url) for url in urls)
    if queued > MOST_QUEUED:
        raise CommandError(
            f"messages in the invalid message queue and the dead-letter queue of {target.environment}: {queued:,}; "
            f"verify has to receive all of them, and can receive {MOST_QUEUED:,} at most"
        )
    invalid, dead = (QueueReader(sqs, url, hidden_seconds=HIDDEN_SECONDS) for url in urls)
    with ExitStack() as hidden:
        hidden.enter_context(kept_hidden(invalid))
        hidden.enter_context(kept_hidden(dead))
        yield Verification(target, lines, invalid, dead)
