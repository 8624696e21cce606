"""Requests of the router to the parts behind it, and their responses."""

from __future__ import annotations

import html
import http
import json
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from aiohttp import ClientError, hdrs
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import ClientSession

# Hop-by-hop headers, https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1; the length is computed again.
_HOP_BY_HOP = {"connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}


class UnreachableError(Exception):
    """A part of the emulated AWS does not answer."""


@dataclass(frozen=True)
class Answer:
    """A response of a part or of the router itself; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> Any:
        """Return the body, which must be JSON."""
        return json.loads(self.body)


async def ask(session: ClientSession, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
    """Make a request with the end-to-end headers of another one; raises UnreachableError."""
    try:
        async with session.request(
            method, URL(url, encoded=True), headers=_end_to_end(headers), data=body, allow_redirects=False
        ) as answer:
            kept = _end_to_end(answer.headers)
            if method == hdrs.METH_HEAD:  # the length of the original request
                kept |= {"content-length": answer.headers.get(hdrs.CONTENT_LENGTH, "0")}
            return Answer(answer.status, kept, await answer.read())
    except ClientError as error:
        raise UnreachableError(f"{URL(url).origin()} does not answer: {error}") from error


def refusal(status: int, code: str, message: str) -> Answer:
    """Return an error in Lambda's format."""
    body = json.dumps({"Type": "User", "Message": message}).encode()
    return Answer(status, {"content-type": "application/json", "x-amzn-errortype": code}, body)


def validation_error(message: str) -> Answer:
    """Return an error in CloudFormation's format."""
    error = f"<Error><Type>Sender</Type><Code>ValidationError</Code><Message>{html.escape(message)}</Message></Error>"
    body = f"<ErrorResponse>{error}<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    return Answer(http.HTTPStatus.BAD_REQUEST, {"content-type": "text/xml"}, body.encode())


def as_lambda_error(answer: Answer) -> Answer:
    """Copy the error code of dex-local-runner to the header where boto reads it."""
    if answer.status < http.HTTPStatus.BAD_REQUEST:
        return answer
    code = answer.json().get("Type", "ServiceException")
    return replace(answer, headers={**answer.headers, "x-amzn-errortype": code})


def _end_to_end(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP}
