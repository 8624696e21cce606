"""The SAM transform for clients of the endpoint, so that ``sam deploy`` works as on AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from botocore.exceptions import ClientError
from yaml import YAMLError

from local_aws.deploy.build import BUCKET
from local_aws.deploy.transform import Transformer, download, is_sam, parse_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_aws.aws import AwsEndpoint


def with_plain_template(body: bytes, aws: AwsEndpoint) -> bytes:
    """Transform the template in a request to CloudFormation; other requests are returned unchanged.

    A request that cannot be read is left to MiniStack to refuse. Raises EmulatorError if SAM refuses the template.
    """
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    try:
        text, url = form.pop("TemplateBody", ""), form.get("TemplateURL", "")
        if url and not text:
            text = download(aws.s3(), url)
        template = parse_template(text)
    except (ClientError, YAMLError):
        return body
    if not isinstance(template, dict) or not is_sam(template):
        return body
    transformer = Transformer(aws.s3(), BUCKET, aws.url)
    plain = transformer.transform(text, _parameters(form), name=form.get("StackName", "template"))
    return urlencode(form | {"TemplateURL": transformer.upload(plain)}).encode()


def _parameters(form: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that have a value; the others keep their previous one."""
    keys = [name.removesuffix(".ParameterKey") for name in form if name.endswith(".ParameterKey")]
    return {
        form[f"{key}.ParameterKey"]: form[f"{key}.ParameterValue"] for key in keys if f"{key}.ParameterValue" in form
    }
