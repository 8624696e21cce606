"""The price file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from datetime import date

FILE = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True)
class Prices:
    """Dollars for one of each."""

    on: date
    sqs_request: float
    bytes_of_sqs_request: int
    lambda_request: float
    lambda_gigabyte_second: float
    operation: float
    gigabyte_written: float
    gigabyte_month: float
    write_unit: float
    transition: float
    express_request: float
    express_gigabyte_second: float
    express_gigabytes: float
    pipe_request: float
    object_write: float
    object_read: float

    @classmethod
    def read(cls, file: Path = FILE) -> Self:
        """Read the file; a price that is missing is a KeyError that names it."""
        table: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        return cls(
            on=table["date"],
            sqs_request=table["sqs"]["request"],
            bytes_of_sqs_request=table["sqs"]["bytes_of_request"],
            lambda_request=table["lambda"]["request"],
            lambda_gigabyte_second=table["lambda"]["gigabyte_second"],
            operation=table["durable"]["operation"],
            gigabyte_written=table["durable"]["gigabyte_written"],
            gigabyte_month=table["durable"]["gigabyte_month"],
            write_unit=table["dynamodb"]["write_unit"],
            transition=table["step_functions"]["transition"],
            express_request=table["step_functions"]["express_request"],
            express_gigabyte_second=table["step_functions"]["express_gigabyte_second"],
            express_gigabytes=table["step_functions"]["express_gigabytes_billed"],
            pipe_request=table["pipes"]["request"],
            object_write=table["s3"]["write"],
            object_read=table["s3"]["read"],
        )
