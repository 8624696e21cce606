"""Access to the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pipeline_console.guard import Guard
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

if TYPE_CHECKING:
    from httpx2 import Response

PORT = 4321


async def _page(_: object) -> PlainTextResponse:
    return PlainTextResponse("the page")


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("the socket")
    await socket.close()


class Guarded:
    """A guarded application, and a client that has not opened it yet."""

    def __init__(self) -> None:
        routes = [Route("/{path:path}", _page, methods=["GET", "POST"]), WebSocketRoute("/socket", _socket)]
        self.guard = Guard(Starlette(routes=routes), PORT)
        self.origin, _, self.token = self.guard.address.partition("/?token=")
        self.host = self.origin.removeprefix("http://")
        self.client = TestClient(self.guard, self.origin, follow_redirects=False)
        self.cookie = {"cookie": f"console={self.token}"}

    def get(self, path: str, **headers: str) -> Response:
        return self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def allowed(self, **headers: str) -> bool:
        """Return whether a client with the cookie gets the page with these headers."""
        answer = self.get("/", **self.cookie, **headers)
        assert answer.text == "the page" or answer.status_code == 403
        return answer.text == "the page"


@pytest.fixture
def guarded() -> Guarded:
    return Guarded()


def test_the_token_opens_the_page_and_leaves_the_address(guarded: Guarded) -> None:
    answer = guarded.get(f"/execution?arn=a%2Fb&token={guarded.token}")

    assert (answer.status_code, answer.headers["location"]) == (303, "/execution?arn=a%2Fb")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert guarded.get("/execution").text == "the page"


def test_a_browser_is_opened_with_an_address_that_works_once(guarded: Guarded) -> None:
    address = guarded.guard.address_for_once()

    assert guarded.token not in address
    assert guarded.get(address).status_code == 303
    guarded.client.cookies.clear()
    assert guarded.get(address).status_code == 403


def test_each_run_has_a_host_of_its_own_so_that_no_other_port_gets_the_cookie(guarded: Guarded) -> None:
    assert guarded.host.endswith(f".localhost:{PORT}")
    assert guarded.host != Guarded().host


@pytest.mark.parametrize("path", ["/", "/?token=", "/?token=another", "/?token={token}&token={token}"])
def test_without_the_token_nothing_is_shown(guarded: Guarded, path: str) -> None:
    answer = guarded.get(path.format(token=guarded.token))

    assert answer.status_code == 403
    assert "the address that the command printed" in answer.text


@pytest.mark.parametrize(
    "cookie", ["console=another", "other={token}", "console", "x; console=", "=;=,", "console ={token}"]
)
def test_a_wrong_cookie_is_refused(guarded: Guarded, cookie: str) -> None:
    assert guarded.get("/", cookie=cookie.format(token=guarded.token)).status_code == 403


@pytest.mark.parametrize("other", ["theme=a b", "foo", 'x={{"a":1}}', "path=/", "console=another", "\xe4=\xe4"])
def test_foreign_cookies_are_ignored(guarded: Guarded, other: str) -> None:
    cookie = f"{other}; console={guarded.token}".encode("latin-1")

    assert guarded.client.get("/", headers={b"cookie": cookie}).text == "the page"


def test_a_token_in_the_address_does_not_change_anything(guarded: Guarded) -> None:
    answer = guarded.client.post(f"/?token={guarded.token}", headers={"origin": guarded.origin})

    assert answer.status_code == 403


def test_what_is_shown_comes_from_here_alone_and_is_in_no_frame(guarded: Guarded) -> None:
    policy = guarded.get("/", **guarded.cookie).headers["content-security-policy"]

    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", f"127.0.0.1:{PORT}", f"localhost:{PORT}", ""])
def test_a_name_that_points_to_this_machine_is_refused(guarded: Guarded, host: str) -> None:
    assert not guarded.allowed(host=host)


@pytest.mark.parametrize("origin", ["http://evil.example", "https://{host}", "http://127.0.0.1:1", "null", ""])
def test_a_request_of_another_page_is_refused(guarded: Guarded, origin: str) -> None:
    assert not guarded.allowed(origin=origin.format(host=guarded.host))


@pytest.mark.parametrize(
    ("site", "allowed"), [("none", True), ("same-origin", True), ("same-site", False), ("cross-site", False)]
)
def test_a_link_of_another_page_is_not_followed(guarded: Guarded, site: str, allowed: bool) -> None:
    assert guarded.allowed(sec_fetch_site=site) is allowed


def test_a_request_that_changes_something_names_its_page(guarded: Guarded) -> None:
    own = guarded.cookie | {"origin": guarded.origin}

    assert guarded.client.post("/", headers=guarded.cookie).status_code == 403
    assert guarded.client.post("/", headers=own).text == "the page"


def test_a_socket_of_its_own_page_is_opened(guarded: Guarded) -> None:
    headers = guarded.cookie | {"origin": guarded.origin}

    with guarded.client.websocket_connect(f"ws://{guarded.host}/socket", headers=headers) as socket:
        assert socket.receive_text() == "the socket"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "{origin}"},
        {"cookie": "console={token}"},
        {"cookie": "console={token}", "origin": "http://evil.example"},
        {"cookie": "console={token}", "origin": "{origin}", "host": "evil.example"},
        {"cookie": "console=another", "origin": "{origin}"},
    ],
)
def test_any_other_socket_is_refused(guarded: Guarded, headers: dict[str, str]) -> None:
    given = {name: value.format(origin=guarded.origin, token=guarded.token) for name, value in headers.items()}
    address = f"ws://{guarded.host}/socket?token={guarded.token}"

    with pytest.raises(WebSocketDisconnect), guarded.client.websocket_connect(address, headers=given):
        pass
