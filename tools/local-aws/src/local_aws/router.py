"""One endpoint for clients: durable executions go to the durable service, everything else to MiniStack."""

from __future__ import annotations

import argparse
import asyncio
import http
import re
import ssl
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from aiohttp import ClientSession, ClientTimeout, TCPConnector, hdrs, web
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError
from botocore.exceptions import ClientError as BotoClientError
from yarl import URL

from local_aws.aws import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, AwsEndpoint
from local_aws.crashed_functions import as_lambda_reports
from local_aws.deploy.client_templates import with_plain_template
from local_aws.durable_invoke import DurableInvoker, Invocation
from local_aws.durable_list import LIST, as_dex_lists, of_statuses
from local_aws.environment import service_environment
from local_aws.errors import EmulatorError
from local_aws.event_source.client_view import as_on_aws, has_mappings
from local_aws.event_source.mapping import UNPOLLED
from local_aws.forwarding import Answer, UnreachableError, as_lambda_error, ask, refusal, validation_error
from local_aws.function_catalog import FunctionCatalog
from local_aws.ministack import key_of
from local_aws.ports import LOOPBACK
from local_aws.process import ChildProcess

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from local_aws.run_folder import RunFolder

# https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html: durable executions have paths of their own.
_DURABLE = re.compile(
    r"/2025-12-01/(durable-executions|durable-execution-callbacks|functions/[^/]+/durable-executions)\b"
)
_MAPPINGS = re.compile(r"/2015-03-31/event-source-mappings\b")
_SUSPENSION = re.compile(r"/(pause|resume)/?$")
_UNSUPPORTED = "The emulated AWS cannot pause, resume or delete an execution."
# The scope of a signature, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
_CLOUDFORMATION = "/cloudformation/aws4_request"
_SESSION = web.AppKey("session", ClientSession)
_CATALOG = web.AppKey("catalog", FunctionCatalog)
_INVOKER = web.AppKey("invoker", DurableInvoker)


def router_process(run: RunFolder, aws: AwsEndpoint, durable: AwsEndpoint, port: int) -> ChildProcess:
    """Describe the router on that port; it uses the certificate of MiniStack, if there is one."""
    options = {"--port": port, "--aws": aws.url, "--durable": durable.url, "--run": run.path}
    if aws.certificates:
        options["--certificate"] = aws.certificates
    words = [str(word) for option in options.items() for word in option]
    return ChildProcess(
        "endpoint",
        [sys.executable, "-m", "local_aws.router", *words],
        environment=service_environment(run.id, run.path, aws),
        folder=run.path,
        log=run.log("endpoint"),
    )


@dataclass(frozen=True)
class Router:
    """Forwards to two addresses; ``run`` is the folder of the run."""

    aws: AwsEndpoint
    durable: str
    run: Path

    def application(self) -> web.Application:
        """Make the application that forwards."""
        app = web.Application(client_max_size=1024**3)
        app[_CATALOG] = FunctionCatalog(self.aws, self.run)
        app.cleanup_ctx.append(self._session)
        app.router.add_route("*", "/{path:.*}", self._respond)
        return app

    async def _session(self, app: web.Application) -> AsyncIterator[None]:
        certificates = self.aws.certificates
        trusted = ssl.create_default_context(cafile=certificates) if certificates else True
        # An invoke may take as long as a function; compressed content stays compressed.
        connector, no_timeout = TCPConnector(ssl=trusted), ClientTimeout(total=None)
        async with ClientSession(connector=connector, timeout=no_timeout, auto_decompress=False) as app[_SESSION]:
            app[_INVOKER] = DurableInvoker(app[_SESSION], self.durable)
            yield

    async def _respond(self, request: web.Request) -> web.Response:
        try:
            answer = await self._answer(request)
        except (UnreachableError, EmulatorError, BotoCoreError, BotoClientError) as error:
            return web.Response(status=web.HTTPBadGateway.status_code, text=str(error))
        except Exception as error:  # noqa: BLE001 - a client gets an error that it can read, whatever fails here
            status = http.HTTPStatus.INTERNAL_SERVER_ERROR
            answer = refusal(status, "ServiceException", f"the endpoint has failed: {type(error).__name__}: {error}")
        return web.Response(status=answer.status, headers=answer.headers, body=answer.body)

    async def _answer(self, request: web.Request) -> Answer:
        # The raw path: an ARN in it has escaped slashes.
        path, _, _ = request.raw_path.partition("?")
        if _DURABLE.match(path):
            return await self._durable_execution(request, path)
        if invocation := Invocation.read(path, request.query, request.headers, await request.read()):
            return await self._invoke(request, invocation)
        if _CLOUDFORMATION in request.headers.get(hdrs.AUTHORIZATION, ""):
            return await self._cloudformation(request)
        answer = await self._ask(request, self.aws.url + request.raw_path)
        if _MAPPINGS.match(path) and answer.status < http.HTTPStatus.BAD_REQUEST:
            return await self._describe_mappings(request, answer)
        return answer

    async def _cloudformation(self, request: web.Request) -> Answer:
        try:
            body = await asyncio.to_thread(with_plain_template, await request.read(), self.aws)
        except EmulatorError as error:
            return validation_error(str(error))
        try:
            url = self.aws.url + request.raw_path
            return await ask(request.app[_SESSION], request.method, url, request.headers, body)
        finally:
            request.app[_CATALOG].forget()

    async def _durable_execution(self, request: web.Request, path: str) -> Answer:
        if request.method == hdrs.METH_DELETE or _SUSPENSION.search(path):
            return refusal(http.HTTPStatus.NOT_IMPLEMENTED, "UnsupportedOperationException", _UNSUPPORTED)
        if not (listed := LIST.fullmatch(path)):
            return as_lambda_error(await self._ask(request, self.durable + request.raw_path))
        answer = await self._ask(request, self.durable + as_dex_lists(unquote(listed[1]), request.query))
        if answer.status == http.HTTPStatus.OK and "Statuses" in request.query:
            return replace(answer, body=of_statuses(answer.body, request.query.getall("Statuses")))
        return as_lambda_error(answer)

    async def _invoke(self, request: web.Request, invocation: Invocation) -> Answer:
        url = self.aws.url + request.raw_path
        timeout = await request.app[_CATALOG].execution_timeout(invocation.function)
        if timeout is None:
            answer = await self._ask(request, url)
            if "x-amz-function-error" in answer.headers:
                answer = replace(answer, body=as_lambda_reports(answer.body.decode()).encode())
            return answer
        # Signed again, because the signature covers the invocation type.
        headers = _signed(request.method, url, {"X-Amz-Invocation-Type": "DryRun"})
        return await request.app[_INVOKER].invoke(
            invocation, timeout, lambda: ask(request.app[_SESSION], request.method, url, headers)
        )

    async def _ask(self, request: web.Request, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        body = await request.read()
        return await ask(request.app[_SESSION], request.method, url, headers or request.headers, body)

    async def _describe_mappings(self, request: web.Request, answer: Answer) -> Answer:
        queue = request.query.get("EventSourceArn")
        if queue and not has_mappings(answer.body):
            # The response for a durable function has another ARN. The caller may see it: the first one was no denial.
            url = str(URL(self.aws.url + request.raw_path, encoded=True).update_query(EventSourceArn=queue + UNPOLLED))
            answer = await self._ask(request, url, _signed(request.method, url))
        return replace(answer, body=as_on_aws(answer.body, self.run))


def _signed(method: str, url: str, headers: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return signed headers of a Lambda request without a body, with the account that may do everything."""
    request = AWSRequest(method, url, headers)
    SigV4Auth(Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY), "lambda", REGION).add_auth(request)
    return dict(request.headers)


def main() -> None:
    """Forward until the process is killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--aws", required=True)
    parser.add_argument("--durable", required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--certificate", type=Path)
    options = parser.parse_args()
    served = None
    if options.certificate:
        served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        served.load_cert_chain(options.certificate, key_of(options.certificate))
    app = Router(AwsEndpoint(options.aws, options.certificate), options.durable, options.run).application()
    web.run_app(app, host=LOOPBACK, port=options.port, ssl_context=served, print=None, access_log=None)


if __name__ == "__main__":
    main()
