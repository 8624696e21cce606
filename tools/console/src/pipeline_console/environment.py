"""The environment that the console shows. It is called from threads; a call returns its result or why it failed."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from local_aws.errors import EmulatorError
from local_aws.terminal import printable
from pipeline_cli.advice import advice
from pipeline_cli.declared_stages import services, stages
from pipeline_cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipeline_cli.target import Target

_SIDE_BY_SIDE = 32
# Created one after the other, because boto3's sessions are not thread-safe.
_SERVICES = ("cloudwatch", "dynamodb", "lambda", "logs", "sqs", "ssm", "sts")

Given = ParamSpec("Given")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Trouble:
    """Why a call failed."""

    why: str


class Environment:
    """An environment, with calls for the pages."""

    def __init__(self, find: Callable[[], Target], repository: Path) -> None:
        """Use the environment that is found, and find it again once it is gone: its address may have changed."""
        self._find = find
        self._pool = ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="environment")
        self._closed = threading.Event()
        self._target = self._found()
        self.repository = repository
        self.stages = stages(repository)
        self.services = services(repository)

    @property
    def name(self) -> str:
        """Its name."""
        return self._target.environment

    @property
    def region(self) -> str:
        """Its region."""
        return self._target.region

    @property
    def is_closed(self) -> bool:
        """Whether the console is stopping: long calls should stop as well."""
        return self._closed.is_set()

    def close(self) -> None:
        """Wait until all running calls have ended: they hide messages until then."""
        self._closed.set()
        self._pool.shutdown(wait=True)

    async def ask(
        self, call: Callable[Concatenate[Target, Given], Found], *args: Given.args, **kwargs: Given.kwargs
    ) -> Found | Trouble:
        """Call it with the target and these arguments, in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: self._call(call, *args, **kwargs))

    def _call(
        self, call: Callable[Concatenate[Target, Given], Found], *args: Given.args, **kwargs: Given.kwargs
    ) -> Found | Trouble:
        try:
            return call(self._target, *args, **kwargs)
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, BotoCoreError):
                self._look_again()
            return Trouble(printable(advice(error), keep="\n"))
        except (CommandError, EmulatorError) as error:
            return Trouble(printable(str(error), keep="\n"))
        except Exception as error:  # noqa: BLE001 - a page would wait for ever
            return Trouble(printable(f"{type(error).__name__}: {error}", keep="\n"))

    def _look_again(self) -> None:
        try:
            self._target = self._found()
        except CommandError:
            return  # there is none at the moment; the former address will do

    def _found(self) -> Target:
        target = self._find()
        for service in _SERVICES:
            target.client(service)
        return target
