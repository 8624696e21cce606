"""Who may talk to the console: the browser that was opened with its token, from its own pages, on this machine."""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_REFUSED = 403
# Vue compiles the templates of its components in the browser, which `unsafe-eval` allows; nothing comes from elsewhere.
_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Guard:
    """Lets a request or a socket through to an application only if host, origin and token are right."""

    def __init__(self, app: ASGIApp, port: int, token: str) -> None:
        """Guard an application that is served on a port of the loopback interface."""
        self._app = app
        self._token = token
        # A browser sends cookies to every port of a host.
        self._cookie = f"console-{port}"
        # A page of another site whose name was made to point to this machine names that site as the host.
        self._hosts = {f"{host}:{port}" for host in ("127.0.0.1", "localhost")}
        self._origins = {f"http://{host}" for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, refuse, or take the token out of the address."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if why := self._refusal(scope, headers):
            await _refuse(scope, receive, send, PlainTextResponse(why, _REFUSED))
        elif self._knows(headers):
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "http" and self._is_opened(scope):
            await self._admitted(scope)(scope, receive, send)
        else:
            why = "Open the address that the command printed: it has the token.\n"
            await _refuse(scope, receive, send, PlainTextResponse(why, _REFUSED))

    def _refusal(self, scope: Scope, headers: Headers) -> str:
        if headers.get("host") not in self._hosts:
            return "The console is at 127.0.0.1 only.\n"
        # A browser names the origin of each socket, and of each request that changes something.
        needed = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
        origin = headers.get("origin")
        if (origin is not None or needed) and origin not in self._origins:
            return "The console answers its own pages only.\n"
        return ""

    def _knows(self, headers: Headers) -> bool:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return False
        return cookie is not None and self._is_token(cookie.value)

    def _is_opened(self, scope: Scope) -> bool:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
        return scope["method"] == "GET" and len(given) == 1 and self._is_token(given[0])

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self._token.encode())

    def _admitted(self, scope: Scope) -> Response:
        """Send the browser to the same page, with the token in a cookie instead of the address."""
        answer = RedirectResponse(f"/{scope['path'].lstrip('/')}", 303)
        answer.set_cookie(self._cookie, self._token, httponly=True, samesite="strict", path="/")
        return answer


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
