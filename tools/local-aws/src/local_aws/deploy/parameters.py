"""Values of template parameters, checked before the build, because CloudFormation refuses them only afterwards."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def problems(declared: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]) -> Iterator[str]:
    """List the errors in values, by the declarations of a template's ``Parameters``.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
    """
    for name, value in given.items():
        if wanted := _wanted(declared.get(name, {}), value):
            yield f"{name} must be {wanted}, not {value!r}"


def _wanted(declaration: Mapping[str, Any], value: str) -> str:
    """Describe what a value must be; empty if it is valid."""
    allowed = [str(each) for each in declaration.get("AllowedValues", ())]
    if allowed and value not in allowed:
        return f"{', '.join(allowed[:-1])} or {allowed[-1]}" if len(allowed) > 1 else allowed[0]
    if declaration.get("Type") == "Number":
        return _wanted_number(declaration, value)
    pattern = declaration.get("AllowedPattern")
    if pattern and not re.fullmatch(pattern, value):
        return str(declaration.get("ConstraintDescription", f"text that matches {pattern}"))
    return ""


def _wanted_number(declaration: Mapping[str, Any], value: str) -> str:
    least, most = declaration.get("MinValue"), declaration.get("MaxValue")
    try:
        number = float(value)
    except ValueError:
        return "a number"
    if (least is None or number >= float(least)) and (most is None or number <= float(most)):
        return ""
    ends = (f"at least {least}" if least is not None else "", f"at most {most}" if most is not None else "")
    return " and ".join(filter(None, ends))
