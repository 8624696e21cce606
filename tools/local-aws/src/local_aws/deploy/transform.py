"""The SAM transform, which is run here on every template of the tree.

On AWS, CloudFormation runs it; MiniStack runs it only on the root. The library is the one that AWS uses.
"""

from __future__ import annotations

import copy
import hashlib
import json
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

from samtranslator.model.exceptions import InvalidDocumentException  # type: ignore[import-untyped]
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from local_aws.aws import private_session
from local_aws.deploy.fixed_names import fix_names
from local_aws.errors import EmulatorError
from local_aws.event_source.mapping import ENABLED_AT_FIRST, UNPOLLED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client

_SERVERLESS = "AWS::Serverless-2016-10-31"

# It warns about each switch that AWS has not set for it, and users here cannot set them.
logging.getLogger("samtranslator.feature_toggle.feature_toggle").setLevel(logging.ERROR)

# The keys vary between templates and belong to CloudFormation, so this stays a dictionary.
Body = dict[str, Any]


class Transformer:
    """Converts a packaged SAM template and its nested ones to plain CloudFormation, and uploads them."""

    def __init__(self, s3: S3Client, bucket: str, url: str, *, stack: str | None = None) -> None:
        """Read the nested templates from the bucket and write the transformed ones to it; ``url`` is S3's.

        ``stack`` is the future name of the root's stack; with it, the names in nested stacks are fixed.
        """
        self._s3 = s3
        self._bucket = bucket
        self._url = url
        self._stack = stack

    def transform(self, text: str, parameters: Mapping[str, str], *, name: str) -> Body:
        """Transform a template and, recursively, its nested ones; raises EmulatorError if SAM refuses one."""
        source = parse_template(text)
        body = _translated(source, parameters, name) if is_sam(source) else source
        body["Resources"] = {name: entry for name, entry in body["Resources"].items() if not _is_unknown(entry)}
        _leave_durable_mappings_to_us(body["Resources"])
        for logical_id, resource in body["Resources"].items():
            if resource["Type"] == "AWS::CloudFormation::Stack":
                properties, path = resource["Properties"], f"{name}/{logical_id}"
                child = self.transform(
                    download(self._s3, properties["TemplateURL"]),
                    _known(properties.get("Parameters", {}), _with_defaults(body, parameters)),
                    name=path,
                )
                if self._stack:
                    fix_names(child["Resources"], "-".join([self._stack, *path.split("/")[1:]]))
                properties["TemplateURL"] = self.upload(child)
        return body

    def upload(self, template: Body) -> str:
        """Store a template under a name derived from its content, and return its URL."""
        text = json.dumps(template).encode()
        key = f"{hashlib.sha256(text).hexdigest()}.json"
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=text)
        return f"{self._url}/{self._bucket}/{key}"


def download(s3: S3Client, url: str) -> str:
    """Read the text of an object by its URL."""
    bucket, _, key = urlparse(url).path.lstrip("/").partition("/")
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()


def _is_unknown(resource: Body) -> bool:
    """Return whether MiniStack's CloudFormation fails on a resource: it is omitted, so nothing may refer to it."""
    match resource:
        case {"Type": "AWS::CloudWatch::CompositeAlarm"}:
            return True
        case {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": _}}:
            return True  # metric math
    return False


def _leave_durable_mappings_to_us(resources: Body) -> None:
    """Keep MiniStack from polling for durable functions, because it would invoke them without a durable execution."""
    for resource in resources.values():
        if resource["Type"] == "AWS::Lambda::EventSourceMapping":
            properties = resource["Properties"]
            if _is_durable(properties["FunctionName"], resources):
                properties["EventSourceArn"] = {"Fn::Join": ["", [properties["EventSourceArn"], UNPOLLED]]}
                properties[ENABLED_AT_FIRST] = properties.get("Enabled", True)


def _is_durable(function: Any, resources: Body) -> bool:
    """Return whether a name or an ARN refers to a durable function of the template, or its version or alias."""
    match function:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]} if name in resources:
            properties = resources[name].get("Properties", {})
            return "DurableConfig" in properties or _is_durable(properties.get("FunctionName"), resources)
    return False


def is_sam(template: Body) -> bool:
    """Return whether the SAM transform has to be run on a template."""
    return _SERVERLESS in template.get("Transform", [])


def parse_template(text: str) -> Body:
    """Parse a template, expanding the short forms of CloudFormation's functions."""
    body: Body = yaml_parse(text)
    return body


def _translated(source: Body, parameters: Mapping[str, str], name: str) -> Body:
    translator = Translator({}, Parser(), boto_session=private_session())
    try:
        body: Body = translator.translate(copy.deepcopy(source), dict(parameters))
    except InvalidDocumentException as error:
        causes = "; ".join(cause.message for cause in error.causes)
        raise EmulatorError(f"SAM refuses the template {name}: {causes}") from error
    # Without it, the library warns on stderr about unpublished metrics.
    translator.metrics.publish()
    # The transform drops these, because CloudFormation does not need them afterwards.
    for section in ("Transform", "Globals"):
        body.pop(section, None)
    return body


def _with_defaults(body: Body, parameters: Mapping[str, str]) -> dict[str, str]:
    declared: Body = body.get("Parameters", {})
    return {name: str(entry["Default"]) for name, entry in declared.items() if "Default" in entry} | dict(parameters)


def _known(passed: Body, parameters: Mapping[str, str]) -> dict[str, str]:
    """Resolve what a parent passes on, as far as it is known before the stack exists."""
    resolved = {}
    for name, value in passed.items():
        match value:
            case str() | int() | float():
                resolved[name] = str(value)
            case {"Ref": reference} if reference in parameters:
                resolved[name] = parameters[reference]
    return resolved
