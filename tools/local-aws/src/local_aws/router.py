"""One endpoint for clients: requests about durable executions go to the durable service, all others to MiniStack."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING

from aiohttp import ClientError, ClientSession, ClientTimeout, hdrs, web
from yarl import URL

from local_aws.environment import service_environment
from local_aws.ports import LOOPBACK
from local_aws.process import ChildProcess

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from local_aws.aws import AwsEndpoint
    from local_aws.run_folder import RunFolder

# https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html: durable executions have paths of their own.
_DURABLE = re.compile(
    r"/2025-12-01/(durable-executions|durable-execution-callbacks|functions/[^/]+/durable-executions)\b"
)
# Headers between two neighbours, https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1; the length is counted again.
_HOP_BY_HOP = {"connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
_SESSION = web.AppKey("session", ClientSession)


def router_process(run: RunFolder, aws: AwsEndpoint, durable: AwsEndpoint, port: int) -> ChildProcess:
    """Describe the router on that port."""
    return ChildProcess(
        "endpoint",
        [sys.executable, "-m", "local_aws.router", "--port", str(port), "--aws", aws.url, "--durable", durable.url],
        environment=service_environment(run.id, run.path, aws),
        folder=run.path,
        log=run.log("endpoint"),
    )


def router(aws: str, durable: str) -> web.Application:
    """Make the application that forwards to these two addresses."""

    async def forward(request: web.Request) -> web.Response:
        # The path as it came: an ARN in it has slashes that are escaped.
        target = durable if _DURABLE.match(request.raw_path) else aws
        kept = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        try:
            async with request.app[_SESSION].request(
                request.method,
                URL(target + request.raw_path, encoded=True),
                headers=kept,
                data=await request.read(),
                allow_redirects=False,
            ) as answer:
                body = await answer.read()
        except ClientError as error:
            return web.Response(status=web.HTTPBadGateway.status_code, text=f"{target} does not answer: {error}")
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP}
        if request.method == hdrs.METH_HEAD:  # the length of what was not asked for
            headers |= {hdrs.CONTENT_LENGTH: answer.headers.get(hdrs.CONTENT_LENGTH, "0")}
        return web.Response(status=answer.status, headers=headers, body=body)

    async def session(app: web.Application) -> AsyncIterator[None]:
        # An invoke may take as long as a function; what is compressed stays so.
        async with ClientSession(timeout=ClientTimeout(total=None), auto_decompress=False) as app[_SESSION]:
            yield

    app = web.Application(client_max_size=1024**3)
    app.cleanup_ctx.append(session)
    app.router.add_route("*", "/{path:.*}", forward)
    return app


def main() -> None:
    """Forward until the process is killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--aws", required=True)
    parser.add_argument("--durable", required=True)
    options = parser.parse_args()
    web.run_app(router(options.aws, options.durable), host=LOOPBACK, port=options.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
