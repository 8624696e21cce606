"""Who is let through to the console."""

from __future__ import annotations

import pytest
from pipeline_console.guard import Guard
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

PORT, TOKEN = 4321, "a-token"
HOST = f"127.0.0.1:{PORT}"
ORIGIN = f"http://{HOST}"
COOKIE = {"cookie": f"console-{PORT}={TOKEN}"}


async def _page(_: object) -> PlainTextResponse:
    return PlainTextResponse("the page")


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("the socket")
    await socket.close()


@pytest.fixture
def client() -> TestClient:
    routes = [Route("/{path:path}", _page, methods=["GET", "POST"]), WebSocketRoute("/socket", _socket)]
    return TestClient(Guard(Starlette(routes=routes), PORT, TOKEN), f"http://{HOST}", follow_redirects=False)


def test_the_token_opens_the_page_and_leaves_the_address(client: TestClient) -> None:
    answer = client.get(f"/invalid?token={TOKEN}")

    assert (answer.status_code, answer.headers["location"]) == (303, "/invalid")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/invalid").text == "the page"


@pytest.mark.parametrize("path", ["/", "/?token=", "/?token=another", f"/?token={TOKEN}&token={TOKEN}"])
def test_without_the_token_nothing_is_shown(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 403
    assert "the address that the command printed" in answer.text


@pytest.mark.parametrize(
    "cookie", [f"console-{PORT}=another", f"console-1={TOKEN}", "console-4321", f"x; console-{PORT}=", "=;=,\x80"]
)
def test_another_cookie_does_not_do(client: TestClient, cookie: str) -> None:
    assert client.get("/", headers={b"cookie": cookie.encode("latin-1")}).status_code == 403


def test_a_token_in_the_address_does_not_change_anything(client: TestClient) -> None:
    assert client.post(f"/?token={TOKEN}", headers={"origin": ORIGIN}).status_code == 403


def test_what_is_shown_comes_from_here_alone_and_is_in_no_frame(client: TestClient) -> None:
    policy = client.get("/", headers=COOKIE).headers["content-security-policy"]

    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:80", ""])
def test_a_name_that_points_to_this_machine_is_refused(client: TestClient, host: str) -> None:
    assert client.get(f"/?token={TOKEN}", headers=COOKIE | {"host": host}).status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.example", f"https://{HOST}", "http://127.0.0.1:1", "null"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_of_another_page_is_refused(client: TestClient, method: str, origin: str) -> None:
    answer = client.request(method, "/", headers=COOKIE | {"origin": origin})

    assert answer.status_code == 403
    assert "its own pages" in answer.text


def test_a_request_that_changes_something_names_its_page(client: TestClient) -> None:
    assert client.post("/", headers=COOKIE).status_code == 403
    assert client.post("/", headers=COOKIE | {"origin": ORIGIN}).text == "the page"


def test_a_socket_of_its_own_page_is_opened(client: TestClient) -> None:
    with client.websocket_connect(f"ws://{HOST}/socket", headers=COOKIE | {"origin": ORIGIN}) as socket:
        assert socket.receive_text() == "the socket"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": ORIGIN},
        COOKIE,
        COOKIE | {"origin": "http://evil.example"},
        COOKIE | {"origin": ORIGIN, "host": "evil.example"},
        {"origin": ORIGIN, "cookie": f"console-{PORT}=another"},
    ],
)
def test_any_other_socket_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect(f"ws://{HOST}/socket?token={TOKEN}", headers=headers),
    ):
        pass
