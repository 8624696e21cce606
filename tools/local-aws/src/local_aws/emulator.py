"""The emulated AWS as a whole: starts the parts, deploys the templates, and stops everything at the end."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local_aws.address import ministack_port
from local_aws.aws import REGION, AwsEndpoint
from local_aws.deploy.build import BUCKET, Build
from local_aws.deploy.deployment import Deployment, check_parameters, deploy, deployed
from local_aws.durable_runner import durable_runner_process
from local_aws.errors import EmulatorError
from local_aws.event_source.mapping import apply_template
from local_aws.event_source.process import event_source_process
from local_aws.executables import ministack_python
from local_aws.ministack import START_SECONDS, certificate_of, is_there, ministack_is_ready, ministack_process
from local_aws.ports import LOOPBACK, reserve_port
from local_aws.reload.application import Application
from local_aws.reload.rebuild import BUILD_CACHE, build_cache
from local_aws.router import router_process
from local_aws.run_folder import RunFolder
from local_aws.signals import ending_signals_raise
from local_aws.steps import ConsoleSteps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from local_aws.durable_runner import DurableStore
    from local_aws.process import ChildProcess

    Proxy = Callable[[RunFolder, AwsEndpoint, int], ChildProcess]

_BUILD_SECONDS = 900.0


@dataclass(eq=False)
class Emulator:
    """A running emulated AWS with the stack deployed; made by ``Emulator.start``, which describes the options.

    ``ministack``, ``durable_runner`` and ``event_sources`` are its parts, each a process that can be killed and
    restarted. ``event_sources`` are the event source mappings of the durable functions, by the function's name.
    """

    run_folder: RunFolder
    steps: ConsoleSteps
    proxy: Proxy | None
    enforce_iam: bool
    durable_store: DurableStore
    client_port: int | None = None
    """The chosen port of the endpoint for clients, if any."""
    keep_logs: bool = False
    """Set by a run whose logs should be kept."""
    port: int = field(init=False)
    durable_port: int = field(default_factory=reserve_port)
    """The port of the durable execution service, whose API describes the executions."""
    deployment: Deployment = field(init=False)
    ministack: ChildProcess = field(init=False)
    durable_runner: ChildProcess = field(init=False)
    event_sources: dict[str, ChildProcess] = field(default_factory=dict)
    _parts: list[ChildProcess] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Choose the addresses."""
        self.logs = self.run_folder.logs
        self.port = ministack_port(self.client_port) if self.client_port else reserve_port()
        self.durable_endpoint = AwsEndpoint(f"http://{LOOPBACK}:{self.durable_port}")
        self.endpoint = self._at(self.port)
        self.inner_endpoint = AwsEndpoint(f"http://{LOOPBACK}:{reserve_port()}") if self.proxy else self.endpoint

    @classmethod
    @contextmanager
    def start(
        cls,
        folder: Path,
        *,
        template: Path | None,
        parameters: Mapping[str, str] | None = None,
        steps: ConsoleSteps | None = None,
        proxy: Proxy | None = None,
        enforce_iam: bool = False,
        durable_store: DurableStore = "memory",
        build_variables: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> Iterator[Emulator]:
        """Start it and deploy a root template; at the end of the context, everything is removed.

        All its files are in ``.emulator`` in the folder. Without a ``template``, nothing is deployed yet: deploy to
        ``endpoint``, then call ``run``.

        ``parameters`` override those of the template, and the builds get ``build_variables``. ``proxy`` describes, for
        an endpoint and a port, a process that listens on that port and forwards to that endpoint: functions, durable
        service and event source mapping then call SQS, DynamoDB and Lambda through it, at ``inner_endpoint``. With
        ``enforce_iam``, functions may do only what their roles allow, and all speak TLS; who has the test credentials
        may do everything. Raises EmulatorError, or PartFailedError which names the part and its log. After an error the
        logs are kept; else they go with the run's folder. ``durable_store`` is where the durable service keeps
        executions: ``sqlite`` is a file, and slower by far. With a ``port``, ``one_endpoint`` is there, MiniStack is at
        the next one, and a second run of the folder that has a port is refused; without it, free ports are taken.
        """
        ministack_python()  # so that nothing is written if it is missing
        with ending_signals_raise():
            steps = steps or ConsoleSteps()
            run = RunFolder.create(folder, steps.note)
            emulator = cls(run, steps, proxy, enforce_iam, durable_store, port)
            try:
                if port:
                    run.claim_address(port)
                if template:
                    emulator._start(folder / template, parameters or {}, build_variables or {})
                else:
                    emulator._start_ministack()
                yield emulator
            except Exception:
                emulator.keep_logs = any(run.logs.iterdir())
                # The end of a part explains an error better than the failed call that noticed it.
                emulator.check()
                raise
            finally:
                # Immediately: all state is discarded, and a session runner allows a process half a second after Ctrl-C.
                for part in reversed(emulator._parts):
                    part.kill()
                run.close(keep_logs=emulator.keep_logs)

    @property
    def outputs(self) -> Mapping[str, str]:
        """The outputs of the root stack, by their names in the template."""
        return self.deployment.outputs

    @property
    def event_source(self) -> ChildProcess:
        """The event source mapping, if there is one."""
        (process,) = self.event_sources.values()
        return process

    def run(self, stacks: Sequence[str]) -> None:
        """Take messages from now on, with the stacks of these names, which together form the application."""
        self.deployment = deployed(self.endpoint, stacks)
        self._start_durable_service()

    def one_endpoint(self) -> AwsEndpoint:
        """Start the endpoint for clients: that of MiniStack, extended by the API of the durable service."""
        port = self.client_port or reserve_port()
        endpoint = self._at(port)
        process = router_process(self.run_folder, self.endpoint, self.durable_endpoint, port)
        self._start_parts(process)
        process.wait_until(lambda: ministack_is_ready(endpoint), seconds=START_SECONDS)
        return endpoint

    def check(self) -> None:
        """Raise PartFailedError if a part has ended although it should be running."""
        for part in self._parts:
            part.check()

    def _start(self, template: Path, parameters: Mapping[str, str], variables: Mapping[str, str]) -> None:
        check_parameters(template, parameters)
        Application(self.run_folder.path, self.endpoint, template, variables).write()
        cache = {BUILD_CACHE: str(build_cache(self.run_folder.path))}
        build = Build.of(self.run_folder, self.endpoint, template, ministack_python(), cache | dict(variables))
        with self.steps.step("start MiniStack, build the services"):
            build.build.start()
            self._start_ministack()
            build.build.wait_for_success(seconds=_BUILD_SECONDS)
        with self.steps.step("package and deploy the templates"):
            self.deployment = deploy(build, self.endpoint, parameters)
        with self.steps.step("start the durable execution service"):
            self._start_durable_service()

    def _start_ministack(self) -> None:
        self.ministack = ministack_process(
            self.run_folder,
            self.endpoint,
            self.port,
            self.durable_endpoint.url,
            self.inner_endpoint,
            enforce_iam=self.enforce_iam,
        )
        self._start_parts(self.ministack)
        self.ministack.wait_until(lambda: ministack_is_ready(self.endpoint), seconds=START_SECONDS)
        if self.proxy:
            port = int(self.inner_endpoint.url.rpartition(":")[2])
            process = self.proxy(self.run_folder, self.endpoint, port)
            self._start_parts(process)
            # It is ready when MiniStack answers through it.
            process.wait_until(lambda: ministack_is_ready(self.inner_endpoint), seconds=START_SECONDS)
        self.endpoint.s3().create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    def _start_durable_service(self) -> None:
        self.durable_runner = durable_runner_process(
            self.run_folder,
            self.inner_endpoint,
            self.durable_port,
            self.deployment.functions,
            store=self.durable_store,
        )
        mappings = self._event_source_mappings()
        self.event_sources |= {name: process for name, (process, _) in mappings.items()}
        self._start_parts(self.durable_runner, *self.event_sources.values())
        self.durable_runner.wait_until(lambda: is_there(f"{self.durable_endpoint.url}/health"), seconds=START_SECONDS)
        for process, begun in mappings.values():
            process.wait_until(begun.exists, seconds=START_SECONDS)

    def _event_source_mappings(self) -> dict[str, tuple[ChildProcess, Path]]:
        """Describe the process of each mapping of a durable function, and the file that exists once it has started."""
        client = self.endpoint.lambda_()
        durable = {function.name: function for function in self.deployment.durable_functions}
        found: dict[str, tuple[ChildProcess, Path]] = {}
        for page in client.get_paginator("list_event_source_mappings").paginate():
            for mapping in page["EventSourceMappings"]:
                name = mapping["FunctionArn"].partition(":function:")[2].partition(":")[0]
                if name in found:
                    raise EmulatorError(f"{name} has several event source mappings, but only one can be emulated")
                if function := durable.get(name):
                    apply_template(mapping, client)
                    found[name] = event_source_process(
                        self.run_folder, self.inner_endpoint, self.durable_port, mapping["UUID"], function
                    )
        return found

    def _at(self, port: int) -> AwsEndpoint:
        certificates = certificate_of(self.run_folder) if self.enforce_iam else None
        return AwsEndpoint(f"{'https' if certificates else 'http'}://{LOOPBACK}:{port}", certificates)

    def _start_parts(self, *parts: ChildProcess) -> None:
        for part in parts:
            self._parts.append(part)
            part.start()
