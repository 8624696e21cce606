"""Advice on errors of AWS, or of the connection to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore import exceptions as botocore

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

SIGN_IN = "sign in again, for example with aws sso login"

_OF_TYPE: tuple[tuple[type[BotoCoreError], str], ...] = (
    (botocore.NoRegionError, "no region: set AWS_DEFAULT_REGION, or AWS_PROFILE to a profile that has one"),
    (botocore.NoCredentialsError, "no credentials: set AWS_PROFILE, or sign in, for example with aws sso login"),
    (botocore.PartialCredentialsError, "{error}: set AWS_PROFILE, or both parts of an access key"),
    (botocore.ProfileNotFound, "{error}: set AWS_PROFILE to a profile of ~/.aws/config"),
    (botocore.SSOError, f"the sign-in has expired: {SIGN_IN} ({{error}})"),
    (botocore.TokenRetrievalError, f"the sign-in has expired: {SIGN_IN} ({{error}})"),
    (botocore.CredentialRetrievalError, f"no credentials: {SIGN_IN} ({{error}})"),
)
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_UNKNOWN = {
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_NOT_FOUND = {"ResourceNotFoundException", "404"}  # the second is the emulated durable service's
_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "KMSAccessDeniedException",
    "KmsAccessDenied",
    "UnauthorizedOperation",
}
_ACTION = re.compile(r"perform: ([a-z0-9-]+:[A-Za-z]+)")
# Of the stack `access`, by the prefixes of their actions.
_POLICIES = (
    ("erasers", ("DeleteItem", "DeleteDurableExecution")),
    (
        "operators",
        (
            "UpdateEventSourceMapping",
            "StopDurableExecution",
            "SendMessage",
            "DeleteMessage",
            "CreateLogStream",
            "PutLogEvents",
        ),
    ),
    (
        "readers",
        (
            "BatchGetItem",
            "ChangeMessageVisibility",
            "DescribeAlarms",
            "FilterLogEvents",
            "GetAlias",
            "GetDurableExecution",
            "GetFunction",
            "GetItem",
            "GetMetricData",
            "GetParameter",
            "GetQueue",
            "ListDurableExecutions",
            "ListEventSourceMappings",
            "ReceiveMessage",
        ),
    ),
)


def advice(error: BotoCoreError | ClientError) -> str:
    """Describe the problem and the remedy; without a known remedy, return the error's own text."""
    if isinstance(error, botocore.ClientError):
        return _of_answer(error)
    if isinstance(error, (botocore.ConnectionError, botocore.HTTPClientError)):
        return _of_connection(error)
    return next((words.format(error=error) for kind, words in _OF_TYPE if isinstance(error, kind)), str(error))


def is_not_found(error: ClientError) -> bool:
    """Whether the requested resource does not exist."""
    return error.response["Error"]["Code"] in _NOT_FOUND


def is_denied(error: ClientError) -> bool:
    """Whether the caller lacks a permission."""
    return error.response["Error"]["Code"] in _DENIED


def concerns_credentials(error: ClientError) -> bool:
    """Whether every other call will fail as well."""
    return error.response["Error"]["Code"] in _EXPIRED | _UNKNOWN


def action_of(error: ClientError) -> str:
    """Return the denied action, as a policy names it if AWS reports it."""
    found = _ACTION.search(error.response["Error"].get("Message", ""))
    return found[1] if found else error.operation_name


def policy_for(action: str) -> str:
    """Return the name of the policy in the stack `access` that allows an action; empty if there is none."""
    operation = action.rpartition(":")[2]
    return next((policy for policy, begins in _POLICIES if operation.startswith(begins)), "")


def _of_answer(error: ClientError) -> str:
    code = error.response["Error"]["Code"]
    if code in _EXPIRED:
        return f"the credentials have expired: {SIGN_IN}"
    if code in _UNKNOWN:
        return f"AWS does not accept the credentials ({code}): check AWS_PROFILE, and the clock of this machine"
    if code in _DENIED:
        action = action_of(error)
        policy = policy_for(action)
        allows = f" It is in the policy {policy} of the stack access, ./nox -s deploy -- access." if policy else ""
        return f"not allowed: {action}.{allows} AWS says: {error.response['Error'].get('Message') or code}"
    return str(error)


def _of_connection(error: BotoCoreError) -> str:
    url = str(error.kwargs.get("endpoint_url") or "")
    if urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}:
        return (
            f"nothing answers at {url}, on this machine: start ./nox -s local again, or name an environment on AWS "
            f"with --env; if AWS_ENDPOINT_URL is set to an address of an earlier run, unset it"
        )
    return f"{error}. Check the network, the proxy, the region, and AWS_ENDPOINT_URL if it is set"
