"""The emulated AWS as a whole: starts the parts, deploys the templates, and stops everything in the end."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_emulator.aws import REGION, AwsEndpoint
from pipeline_emulator.deploy.deployment import Deployment, deploy, deployed, parameters_for
from pipeline_emulator.deploy.sam import BUCKET, SamCli
from pipeline_emulator.durable_runner import durable_runner_process
from pipeline_emulator.event_source.process import event_source_process
from pipeline_emulator.executables import Executables
from pipeline_emulator.ministack import certificate_of, http_status, ministack_is_ready, ministack_process
from pipeline_emulator.ports import LOOPBACK, reserve_port
from pipeline_emulator.run_folder import RunFolder
from pipeline_emulator.signals import ending_signals_raise
from pipeline_emulator.steps import SilentSteps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pipeline_emulator.deploy.deployment import StackOutputs
    from pipeline_emulator.deploy.functions import DeployedFunction
    from pipeline_emulator.durable_runner import DurableStore
    from pipeline_emulator.process import ChildProcess
    from pipeline_emulator.steps import Steps

    Proxy = Callable[[RunFolder, AwsEndpoint, int], ChildProcess]

ROOT_TEMPLATE = Path("infra/template.yaml")

_START_SECONDS = 60.0
_BUILD_SECONDS = 900.0


class Emulator:
    """A running emulated AWS with the stack deployed; made by ``Emulator.start``.

    ``ministack``, ``durable_runner`` and ``event_source`` are its parts, each a process that may be killed and
    restarted. A run whose logs are worth reading sets ``keep_logs``.
    """

    endpoint: AwsEndpoint
    deployment: Deployment
    ministack: ChildProcess
    durable_runner: ChildProcess
    event_source: ChildProcess

    def __init__(
        self,
        run: RunFolder,
        executables: Executables,
        steps: Steps,
        *,
        proxy: Proxy | None = None,
        enforce_iam: bool = False,
        durable_store: DurableStore = "memory",
    ) -> None:
        """Prepare, without starting anything; use ``Emulator.start``."""
        self.keep_logs = False
        self._run = run
        self._executables = executables
        self._steps = steps
        self._port = reserve_port()
        self._durable_port = reserve_port()
        self._parts: list[ChildProcess] = []
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
        repository: Path,
        *,
        template: Path | None = ROOT_TEMPLATE,
        parameters: Mapping[str, str] | None = None,
        steps: Steps | None = None,
        proxy: Proxy | None = None,
        enforce_iam: bool = False,
        durable_store: DurableStore = "memory",
    ) -> Iterator[Emulator]:
        """Start it and deploy the repository's root template; at the end of the context nothing of it is left.

        Without a ``template`` nothing is deployed yet: deploy to ``endpoint``, then call ``run``.

        ``parameters`` override those of the template. ``proxy`` describes, for an endpoint and a port, a process
        that listens on that port and forwards to that endpoint: functions, durable service and event source mapping
        then call SQS, DynamoDB and Lambda through it, at ``inner_endpoint``. With ``enforce_iam``, functions may do
        only what their roles allow, and all speak TLS; who has the test credentials may do everything. Raises
        EmulatorError, or PartFailedError which names the part and its log. After an error the logs are kept; else
        they go with the run's folder. ``durable_store`` is where the durable service keeps executions: ``sqlite`` is a
        file, and slower by far.
        """
        steps = steps or SilentSteps()
        executables = Executables.from_environment()
        with ending_signals_raise():
            run = RunFolder.create(repository, steps.note)
            emulator = cls(run, executables, steps, proxy=proxy, enforce_iam=enforce_iam, durable_store=durable_store)
            try:
                if template:
                    emulator._start(repository / template, parameters or {})
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
    def outputs(self) -> StackOutputs:
        """The outputs of the root stack."""
        return self.deployment.outputs

    @property
    def durable_port(self) -> int:
        """The port of the durable execution service, whose API tells what executions did."""
        return self._durable_port

    def start_event_source(self, function: DeployedFunction) -> ChildProcess:
        """Start the event source mapping of another durable function of the stack, and give its process."""
        process, polls = self._event_source(function)
        self._parts.append(process)
        process.start()
        process.wait_until(polls.exists, seconds=_START_SECONDS)
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
        """Take messages from now on, with the stacks of these names, which together are the pipeline."""
        self.deployment = deployed(self.endpoint, stacks)
        self._start_durable_service()

    def check(self) -> None:
        """Raise PartFailedError when a part has ended although it should run."""
        for part in self._parts:
            part.check()

    def _start(self, template: Path, overrides: Mapping[str, str]) -> None:
        parameters = parameters_for(template, self._executables, overrides)
        sam = SamCli(self._run, self._executables, self.endpoint, template)
        with self._steps.step("start MiniStack, build the services"):
            self._start_ministack_while_building(sam)
        with self._steps.step("package and deploy the templates"):
            self.deployment = deploy(sam, self.endpoint, parameters)
        with self._steps.step("start the durable execution service"):
            self._start_durable_service()

    def _start_ministack_while_building(self, sam: SamCli) -> None:
        build = sam.build()
        build.start()
        try:
            self._start_ministack()
            build.wait_for_success(seconds=_BUILD_SECONDS)
        finally:
            build.kill()

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
            lambda: ministack_is_ready(self._port, self.endpoint.certificates), seconds=_START_SECONDS
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
        process.wait_until(lambda: ministack_is_ready(port), seconds=_START_SECONDS)

    def _start_durable_service(self) -> None:
        self.durable_runner = durable_runner_process(
            self._run,
            self._executables,
            self.inner_endpoint,
            self._durable_port,
            self.deployment.functions,
            store=self._durable_store,
        )
        self.event_source, polls = self._event_source(self.deployment.durable_function())
        for part in (self.durable_runner, self.event_source):
            self._parts.append(part)
            part.start()
        self.durable_runner.wait_until(self._durable_runner_is_ready, seconds=_START_SECONDS)
        self.event_source.wait_until(polls.exists, seconds=_START_SECONDS)

    def _event_source(self, function: DeployedFunction) -> tuple[ChildProcess, Path]:
        assert function.durable is not None  # noqa: S101 - a plain function is not invoked by a mapping here
        return event_source_process(
            self._run, self.inner_endpoint, self._durable_port, self._arn_of(function), function.durable
        )

    def _arn_of(self, function: DeployedFunction) -> str:
        """Give the alias of a function, as the root stack's output names the orchestrator's."""
        prefix, _, rest = self.outputs.durable_function_arn.partition(":function:")
        return f"{prefix}:function:{function.name}:{rest.partition(':')[2]}"

    def _durable_runner_is_ready(self) -> bool:
        return http_status(self._durable_port, "/health") == 200

    def _stop(self) -> None:
        # At once: all state is thrown away, and a session runner gives a process half a second after Ctrl-C.
        for part in reversed(self._parts):
            part.kill()
