"""``python -m local_aws.event_source``: the mapping as a process, which can be killed and restarted.

It reads the address of the emulated AWS from the environment, as set by ``service_environment``.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from botocore.config import Config

from local_aws.aws import AwsEndpoint
from local_aws.errors import EmulatorError
from local_aws.event_source.durable_service import LocalRunner
from local_aws.event_source.mapping import EventSourceMapping
from local_aws.event_source.mapping_log import FORMAT
from local_aws.event_source.poller import Poller
from local_aws.event_source.queue import SqsQueue
from local_aws.event_source.switch import Switch


def main() -> int:
    """Run a mapping until the process is killed."""
    options = _parser().parse_args()
    logging.basicConfig(level=logging.INFO, format=FORMAT)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    certificates = os.environ.get("AWS_CA_BUNDLE")
    endpoint = AwsEndpoint(os.environ["AWS_ENDPOINT_URL"], Path(certificates) if certificates else None)
    # The poller has retries of its own.
    config = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=5, read_timeout=15)
    sqs, lambda_client = endpoint.sqs(config), endpoint.lambda_()
    try:
        mapping = EventSourceMapping.read(options.mapping, lambda_client, sqs)
    except EmulatorError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    service = LocalRunner(
        options.durable_port,
        mapping,
        lambda: mapping.version(lambda_client),
        timeout_seconds=options.execution_timeout,
    )
    queue, switch = SqsQueue(sqs, mapping.queue_url), Switch(lambda_client, options.mapping, options.state_file)
    poller = Poller(mapping, queue, service, switch, execution_timeout=options.execution_timeout)
    logging.info("deployed: %s", mapping)
    poller.run()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local_aws.event_source", description=__doc__)
    parser.add_argument("--durable-port", required=True, type=int, help="of dex-local-runner")
    parser.add_argument("--mapping", required=True, metavar="UUID", help="of the mapping")
    parser.add_argument("--execution-timeout", required=True, type=int, help="seconds, of the function's DurableConfig")
    parser.add_argument("--state-file", required=True, type=Path, help="made to say whether messages are received")
    return parser


if __name__ == "__main__":
    sys.exit(main())
