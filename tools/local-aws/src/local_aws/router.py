"""One endpoint for clients: requests about durable executions go to the durable service, all others to MiniStack."""

from __future__ import annotations

import argparse
import http
import re
import ssl
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector, hdrs, web
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from yarl import URL

from local_aws.aws import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY
from local_aws.environment import service_environment
from local_aws.event_source.client_view import as_on_aws, has_mappings
from local_aws.event_source.mapping import UNPOLLED
from local_aws.ministack import key_of
from local_aws.ports import LOOPBACK
from local_aws.process import ChildProcess

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from local_aws.aws import AwsEndpoint
    from local_aws.run_folder import RunFolder

# https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html: durable executions have paths of their own.
_DURABLE = re.compile(
    r"/2025-12-01/(durable-executions|durable-execution-callbacks|functions/[^/]+/durable-executions)\b"
)
_MAPPINGS = re.compile(r"/2015-03-31/event-source-mappings\b")
# Headers between two neighbours, https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1; the length is counted again.
_HOP_BY_HOP = {"connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
_SESSION = web.AppKey("session", ClientSession)


def router_process(run: RunFolder, aws: AwsEndpoint, durable: AwsEndpoint, port: int) -> ChildProcess:
    """Describe the router on that port; it has the certificate of MiniStack, if that has one."""
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
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Router:
    """Forwards to two addresses; ``run`` is the folder of the run, ``certificate`` that of MiniStack."""

    aws: str
    durable: str
    run: Path
    certificate: Path | None

    def application(self) -> web.Application:
        """Make the application that forwards."""
        app = web.Application(client_max_size=1024**3)
        app.cleanup_ctx.append(self._session)
        app.router.add_route("*", "/{path:.*}", self._forward)
        return app

    async def _session(self, app: web.Application) -> AsyncIterator[None]:
        trusted = ssl.create_default_context(cafile=self.certificate) if self.certificate else True
        # An invoke may take as long as a function; what is compressed stays so.
        connector, no_timeout = TCPConnector(ssl=trusted), ClientTimeout(total=None)
        async with ClientSession(connector=connector, timeout=no_timeout, auto_decompress=False) as app[_SESSION]:
            yield

    async def _forward(self, request: web.Request) -> web.Response:
        # The path as it came: an ARN in it has slashes that are escaped.
        path = request.raw_path
        target = self.durable if _DURABLE.match(path) else self.aws
        try:
            answer = await self._ask(request, target + path, _end_to_end(request.headers))
            if _MAPPINGS.match(path) and answer.status < http.HTTPStatus.BAD_REQUEST:
                answer = await self._describe_mappings(request, answer)
        except ClientError as error:
            return web.Response(status=web.HTTPBadGateway.status_code, text=f"{target} does not answer: {error}")
        return web.Response(status=answer.status, headers=answer.headers, body=answer.body)

    async def _ask(self, request: web.Request, url: str, headers: Mapping[str, str]) -> _Answer:
        async with request.app[_SESSION].request(
            request.method,
            URL(url, encoded=True),
            headers=headers,
            data=await request.read(),
            allow_redirects=False,
        ) as answer:
            headers = _end_to_end(answer.headers)
            if request.method == hdrs.METH_HEAD:  # the length of what was not asked for
                headers |= {hdrs.CONTENT_LENGTH: answer.headers.get(hdrs.CONTENT_LENGTH, "0")}
            return _Answer(answer.status, headers, await answer.read())

    async def _describe_mappings(self, request: web.Request, answer: _Answer) -> _Answer:
        queue = request.query.get("EventSourceArn")
        if queue and not has_mappings(answer.body):
            # That of a durable function has another ARN there. The caller may see it: the first answer was no denial.
            url = str(URL(self.aws + request.raw_path, encoded=True).update_query(EventSourceArn=queue + UNPOLLED))
            answer = await self._ask(request, url, _signed(request.method, url))
        return replace(answer, body=as_on_aws(answer.body, self.run))


def _end_to_end(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP}


def _signed(method: str, url: str) -> dict[str, str]:
    """Give the headers of a request to Lambda by whom everything is allowed."""
    request = AWSRequest(method, url)
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
    app = Router(options.aws, options.durable, options.run, options.certificate).application()
    web.run_app(app, host=LOOPBACK, port=options.port, ssl_context=served, print=None, access_log=None)


if __name__ == "__main__":
    main()
