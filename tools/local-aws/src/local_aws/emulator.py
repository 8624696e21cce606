"""The emulated AWS as a whole: starts the parts, deploys the templates, and stops everything in the end."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from local_aws.aws import REGION, AwsEndpoint
from local_aws.deploy.build import BUCKET, Build
from local_aws.deploy.deployment import Deployment, check_parameters, deploy, deployed
from local_aws.durable_runner import durable_runner_process
from local_aws.event_source.process import event_source_process
from local_aws.executables import Executables
from local_aws.ministack import START_SECONDS, certificate_of, http_status, ministack_is_ready, ministack_process
from local_aws.ports import LOOPBACK, reserve_port
from local_aws.run_folder import RunFolder
from local_aws.signals import ending_signals_raise
from local_aws.steps import SilentSteps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from local_aws.durable_runner import DurableStore
    from local_aws.process import ChildProcess
    from local_aws.steps import Steps

    Proxy = Callable[[RunFolder, AwsEndpoint, int], ChildProcess]

_BUILD_SECONDS = 900.0


class Emulator:
    """A running emulated AWS with the stack deployed; made by ``Emulator.start``.

    ``ministack``, ``durable_runner`` and ``event_sources`` are its parts, each a process that may be killed and
    restarted. ``event_sources`` are the event source mappings of the durable functions, by the function's name. A run
    whose logs are worth reading sets ``keep_logs``.
    """

    endpoint: AwsEndpoint
    deployment: Deployment
    ministack: ChildProcess
    durable_runner: ChildProcess

    def __init__(
        self,
        run: RunFolder,
        executables: Executables,
        steps: Steps,
        *,
        proxy: Proxy | None = None,
        enforce_iam: bool = False,
        durable_store: DurableStore = "memory",
        build_variables: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare, without starting anything; use ``Emulator.start``."""
        self.keep_logs = False
        self._run = run
        self._executables = executables
        self._steps = steps
        self._port = reserve_port()
        self._durable_port = reserve_port()
        self._parts: list[ChildProcess] = []
        self._build_variables = build_variables or {}
        self.event_sources: dict[str, ChildProcess] = {}
        self._enforce_iam = enforce_iam
        self._durable_store = durable_store
        self.endpoint = (
            AwsEndpoint(f"https://{LOOPBACK}:{self._port}", certificate_of(run))
            if enforce_iam
            else AwsEndpoint(f"http://{LOOPBACK}:{self._port}")
        )
        self._proxy = proxy
        self.inner_endpoint = AwsEndpoint(f"http://{LOOPBACK}:{reserve_port()}") if proxy else self.endpoint

    @classmethod
    @contextmanager
    def start(
        cls,
        folder: Path,
        *,
        template: Path | None,
        parameters: Mapping[str, str] | None = None,
        steps: Steps | None = None,
        proxy: Proxy | None = None,
        enforce_iam: bool = False,
        durable_store: DurableStore = "memory",
        build_variables: Mapping[str, str] | None = None,
    ) -> Iterator[Emulator]:
        """Start it and deploy a root template; at the end of the context nothing of it is left.

        All that it writes is in ``.emulator`` in the folder. Without a ``template`` nothing is deployed yet: deploy to
        ``endpoint``, then call ``run``.

        ``parameters`` override those of the template, and the builds get ``build_variables``. ``proxy`` describes, for
        an endpoint and a port, a process that listens on that port and forwards to that endpoint: functions, durable
        service and event source mapping then call SQS, DynamoDB and Lambda through it, at ``inner_endpoint``. With
        ``enforce_iam``, functions may do only what their roles allow, and all speak TLS; who has the test credentials
        may do everything. Raises EmulatorError, or PartFailedError which names the part and its log. After an error the
        logs are kept; else they go with the run's folder. ``durable_store`` is where the durable service keeps
        executions: ``sqlite`` is a file, and slower by far.
        """
        steps = steps or SilentSteps()
        executables = Executables.from_environment()
        with ending_signals_raise():
            run = RunFolder.create(folder, steps.note)
            emulator = cls(
                run,
                executables,
                steps,
                proxy=proxy,
                enforce_iam=enforce_iam,
                durable_store=durable_store,
                build_variables=build_variables,
            )
            try:
                if template:
                    emulator._start(folder / template, parameters or {})
                else:
                    emulator._start_ministack()
                yield emulator
            except Exception:
                emulator.keep_logs = True
                # That a part has died explains an error better than the failed call that noticed it.
                emulator.check()
                raise
            finally:
                emulator._stop()
                run.close(keep_logs=emulator.keep_logs)

    @property
    def outputs(self) -> Mapping[str, str]:
        """The outputs of the root stack, by their names in the template."""
        return self.deployment.outputs

    @property
    def durable_port(self) -> int:
        """The port of the durable execution service, whose API tells what executions did."""
        return self._durable_port

    @property
    def event_source(self) -> ChildProcess:
        """The event source mapping, where there is one."""
        (process,) = self.event_sources.values()
        return process

    @property
    def run_folder(self) -> RunFolder:
        """All that this run writes."""
        return self._run

    @property
    def logs(self) -> Path:
        """The folder with a log for each part."""
        return self._run.logs

    def run(self, stacks: Sequence[str]) -> None:
        """Take messages from now on, with the stacks of these names, which together are the application."""
        self.deployment = deployed(self.endpoint, stacks)
        self._start_durable_service()

    def check(self) -> None:
        """Raise PartFailedError when a part has ended although it should run."""
        for part in self._parts:
            part.check()

    def _start(self, template: Path, parameters: Mapping[str, str]) -> None:
        check_parameters(template, parameters)
        build = Build(self._run, self._executables, self.endpoint, template, self._build_variables)
        with self._steps.step("start MiniStack, build the services"):
            self._start_ministack_while_building(build)
        with self._steps.step("package and deploy the templates"):
            self.deployment = deploy(build, self.endpoint, parameters)
        with self._steps.step("start the durable execution service"):
            self._start_durable_service()

    def _start_ministack_while_building(self, build: Build) -> None:
        building = build.build()
        building.start()
        try:
            self._start_ministack()
            building.wait_for_success(seconds=_BUILD_SECONDS)
        finally:
            building.kill()

    def _start_ministack(self) -> None:
        durable_url = f"http://{LOOPBACK}:{self._durable_port}"
        self.ministack = ministack_process(
            self._run,
            self._executables,
            self.endpoint,
            self._port,
            durable_url,
            self.inner_endpoint,
            enforce_iam=self._enforce_iam,
        )
        self._parts.append(self.ministack)
        self.ministack.start()
        self.ministack.wait_until(
            lambda: ministack_is_ready(self._port, self.endpoint.certificates), seconds=START_SECONDS
        )
        if self._proxy:
            self._start_proxy(self._proxy)
        self.endpoint.s3().create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    def _start_proxy(self, proxy: Proxy) -> None:
        port = int(self.inner_endpoint.url.rpartition(":")[2])
        process = proxy(self._run, self.endpoint, port)
        self._parts.append(process)
        process.start()
        # It is ready when MiniStack answers through it.
        process.wait_until(lambda: ministack_is_ready(port), seconds=START_SECONDS)

    def _start_durable_service(self) -> None:
        self.durable_runner = durable_runner_process(
            self._run,
            self._executables,
            self.inner_endpoint,
            self._durable_port,
            self.deployment.functions,
            store=self._durable_store,
        )
        mappings = self._event_source_mappings()
        self.event_sources |= {name: process for name, (process, _) in mappings.items()}
        for part in (self.durable_runner, *self.event_sources.values()):
            self._parts.append(part)
            part.start()
        self.durable_runner.wait_until(self._durable_runner_is_ready, seconds=START_SECONDS)
        for process, polls in mappings.values():
            process.wait_until(polls.exists, seconds=START_SECONDS)

    def _event_source_mappings(self) -> dict[str, tuple[ChildProcess, Path]]:
        """Describe the process of each mapping of a durable function, and the file that it makes when it polls."""
        durable = {function.name: function.durable for function in self.deployment.functions}
        found = {}
        for page in self.endpoint.lambda_().get_paginator("list_event_source_mappings").paginate():
            for mapping in page["EventSourceMappings"]:
                name = mapping["FunctionArn"].partition(":function:")[2].partition(":")[0]
                if settings := durable.get(name):
                    found[name] = event_source_process(
                        self._run, self.inner_endpoint, self._durable_port, mapping["FunctionArn"], settings
                    )
        return found

    def _durable_runner_is_ready(self) -> bool:
        return http_status(self._durable_port, "/health") == 200

    def _stop(self) -> None:
        # At once: all state is thrown away, and a session runner gives a process half a second after Ctrl-C.
        for part in reversed(self._parts):
            part.kill()
