"""A name in all its spellings, and the rules for valid names."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from new_stage.stages import MAX_LENGTH as LONGEST_SERVICE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

CONTRACTS = "-contracts"
"""The suffix of the contracts' distribution, which begins with the name."""
LONGEST_ENVIRONMENT = 16
"""In characters, by the pattern of EnvironmentName."""
LONGEST_REGION = 16
LIMITS = {
    "AlarmName": 255,
    "DashboardName": 255,
    "FunctionName": 64,
    "LogGroupName": 512,
    "Name": 1011,
    "QueueName": 80,
    "RoleName": 64,
    "TopicName": 256,
}
"""In characters, for the names in the templates; `Name` is that of an SSM parameter, whose limit includes its ARN.

https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html has the quotas of each service.
"""


class RenameError(Exception):
    """The pipeline cannot have this name; the message says why."""


@dataclass(frozen=True)
class Name:
    """The name of the pipeline."""

    text: str
    """Words separated by hyphens: `acme-orders`."""

    @property
    def module(self) -> str:
        """The spelling in file names of wheels and in the attribute of rejected messages: `acme_orders`."""
        return self.text.replace("-", "_")

    @property
    def namespace(self) -> str:
        """The spelling in the namespace of the metrics: `AcmeOrders`."""
        return "".join(word.capitalize() for word in self.text.split("-"))

    @property
    def title(self) -> str:
        """The spelling in headings: `Acme orders`."""
        return self.text.replace("-", " ").capitalize()

    @property
    def prose(self) -> str:
        """The spelling in sentences: `acme-orders pipeline`, or `orders pipeline` if the name ends with that word."""
        return self.text.replace("-", " ") if self.text.endswith("-pipeline") else f"{self.text} pipeline"

    @property
    def spellings(self) -> tuple[str, ...]:
        """All spellings, in the same order for each name."""
        return self.text, self.module, self.namespace, self.title, self.prose


EXAMPLES = tuple(Name(f"acme-{word}") for word in ("orders", "sales", "stock"))
"""The names that documents use as an example, one at a time. They are composed, so that a rename keeps them."""


def current_name(root: Path) -> Name:
    """Read the current name of the pipeline from the contracts' distribution.

    Raises:
        RenameError: The folder is not the root of the repository.
    """
    project = root / "contracts/pyproject.toml"
    if not project.is_file():
        raise RenameError(f"there is no {project.relative_to(root)} here; run this in the root of the repository")
    distribution: str = tomllib.loads(project.read_text("utf-8"))["project"]["name"]
    return Name(distribution.removesuffix(CONTRACTS))


def replacements(old: Name, new: Name) -> dict[str, str]:
    """Return each text that contains the old name, and its replacement.

    If the new name is an example in the documents, they get another one: they would describe a rename to itself.
    """
    replaced = dict(zip(old.spellings, new.spellings, strict=True))
    if new in EXAMPLES:
        other = next(example for example in EXAMPLES if example not in (old, new))
        replaced |= dict(zip(new.spellings, other.spellings, strict=True))
    return replaced


def check_name(root: Path, files: Sequence[Path], new: Name, old: Name) -> None:
    """Check that a name is valid for everything named after the pipeline, and that no file uses it for something else.

    Raises:
        RenameError: It is not.
    """
    if new == old:
        raise RenameError(f"{new.text} is already the name of the pipeline")
    if not re.fullmatch("[a-z][a-z0-9]*(-[a-z0-9]+)+", new.text):
        raise RenameError(
            f"{new.text!r} must be two words or more, of lower-case letters and digits with a hyphen between them: one "
            "word could not be distinguished from the same word in a sentence"
        )
    if new.text.startswith(("aws", "ssm")):
        raise RenameError(f"{new.text!r}: the path of an SSM parameter may not begin with aws or ssm")
    excess, resource, limit = max(_excesses(root, old, new))
    if excess > 0:
        raise RenameError(
            f"{new.text!r} is too long by {excess}: with more than {len(new.text) - excess} characters, {resource} "
            f"would have more than the {limit} that AWS allows, with the longest EnvironmentName"
        )
    # Not in the names that a rename replaces anyway.
    ours = re.compile("|".join(spelling for name in (old, *EXAMPLES) for spelling in name.spellings))
    for path in files:
        text = ours.sub("\n", path.read_text("utf-8", errors="ignore"))
        if found := next((spelling for spelling in new.spellings if spelling in text), None):
            raise RenameError(
                f"{new.text!r} cannot be the name: {found!r} already occurs in {path.relative_to(root)}, and the next "
                "rename would replace it"
            )


def _excesses(root: Path, old: Name, new: Name) -> Iterator[tuple[int, str, int]]:
    """Yield by how many characters each name in a template would be too long, the name, and its maximum length."""
    templates = [*root.glob("infra/**/*.yaml"), *root.glob("services/*/template.yaml")]
    given = [found for path in templates for found in re.findall(r"(\w*Name): !Sub (\S+)", path.read_text("utf-8"))]
    stage = ("FunctionName", f"${{EnvironmentName}}-{old.text}-{'s' * LONGEST_SERVICE}")
    for kind, resource in (*given, stage):
        renamed = resource.replace(old.text, new.text)
        longest = renamed.replace("${EnvironmentName}", "e" * LONGEST_ENVIRONMENT)
        yield len(longest.replace("${AWS::Region}", "r" * LONGEST_REGION)) - LIMITS[kind], renamed, LIMITS[kind]
