"""Lambda's Invoke API in front of functions: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""

from __future__ import annotations

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pipeline_runtime.loopback_server import LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline_runtime.function import Function


@contextmanager
def invoke_api(functions: Mapping[str, Function]) -> Iterator[str]:
    """Serve it on a free port, and yield the address."""

    class InvokeApi(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            name = unquote(self.path.split("/")[3]).rpartition("function:")[2].partition(":")[0]
            answer = functions[name].invoke(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer.payload)))
            if answer.is_error:
                self.send_header("X-Amz-Function-Error", "Unhandled")
            self.end_headers()
            self.wfile.write(answer.payload)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = LoopbackServer(InvokeApi)
    try:
        yield f"http://{server.address}"
    finally:
        server.close()
