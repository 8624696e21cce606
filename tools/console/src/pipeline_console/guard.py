"""Access to the console: only for the browser that was opened with its token, from its own pages, on this machine."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_REFUSED = 403
# Vue compiles its templates in the browser, which `unsafe-eval` allows; nothing is loaded from elsewhere.
_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_COOKIE = "console"
_TOKEN = "token"  # noqa: S105 - its name in the address


class Guard:
    """Passes a request or a socket on to an application only if host, origin and token are correct."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        """Guard an application that is served on a port of the loopback interface.

        A browser sends the cookies of a host to each of its ports. So the host is a name for this run only: browsers
        resolve all names below localhost to this machine, https://www.rfc-editor.org/rfc/rfc6761#section-6.3.
        """
        self._app = app
        self._token = secrets.token_urlsafe(32)
        self._once: set[str] = set()
        # A page of another site whose name was pointed to this machine has that name as its host.
        self._host = f"console-{secrets.token_hex(8)}.localhost:{port}"
        self.origin = f"http://{self._host}"

    @property
    def address(self) -> str:
        """The address of the first page, with the token."""
        return f"{self.origin}/?{_TOKEN}={self._token}"

    def address_for_once(self) -> str:
        """Make an address that opens the console once: other users may see the command line of a browser."""
        token = secrets.token_urlsafe(32)
        self._once.add(token)
        return f"{self.origin}/?{_TOKEN}={token}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, refuse it, or redirect it to an address without the token."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if why := self._refusal(scope, headers):
            await _refuse(scope, receive, send, PlainTextResponse(why, _REFUSED))
        elif scope["type"] == "http" and self._is_opened(scope):
            await self._admitted(scope)(scope, receive, send)
        elif self._knows(headers):
            await self._app(scope, receive, _with_headers(send))
        else:
            why = "Open the address that the command printed: it has the token.\n"
            await _refuse(scope, receive, send, PlainTextResponse(why, _REFUSED))

    def _refusal(self, scope: Scope, headers: Headers) -> str:
        if headers.getlist("host") != [self._host]:
            return "Open the address that the command printed: the console has no other.\n"
        # A browser sends the origin with each socket, and with each request that changes something.
        needed = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
        origins = headers.getlist("origin")
        if (origins or needed) and origins != [self.origin]:
            return "The console accepts requests only from its own pages.\n"
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return "The console accepts requests only from its own pages.\n"
        return ""

    def _knows(self, headers: Headers) -> bool:
        pairs = (pair.strip().partition("=") for line in headers.getlist("cookie") for pair in line.split(";"))
        return any(name == _COOKIE and self._is_token(value) for name, _, value in pairs)

    def _is_opened(self, scope: Scope) -> bool:
        given = [value for name, value in _query(scope) if name == _TOKEN]
        if scope["method"] != "GET" or len(given) != 1:
            return False
        if given[0] in self._once:
            self._once.remove(given[0])
            return True
        return self._is_token(given[0])

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self._token.encode())

    def _admitted(self, scope: Scope) -> Response:
        """Redirect the browser to the same page, with the token in a cookie instead of the address."""
        rest = urlencode([(name, value) for name, value in _query(scope) if name != _TOKEN])
        answer = RedirectResponse(f"/{scope['path'].lstrip('/')}" + (f"?{rest}" if rest else ""), 303)
        answer.set_cookie(_COOKIE, self._token, httponly=True, samesite="strict", path="/")
        return answer


def _query(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("latin-1"))


async def _refuse(scope: Scope, receive: Receive, send: Send, answer: Response) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
    else:
        await answer(scope, receive, send)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(_HEADERS)
        await send(message)

    return sending
