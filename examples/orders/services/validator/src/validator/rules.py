"""The rules of the processing types: all orders have the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipeline_contracts import FieldError, PipelineMessage

Rule = Callable[[PipelineMessage], Iterator[FieldError]]


def has_distinct_articles(message: PipelineMessage) -> Iterator[FieldError]:
    """No article is on two lines."""
    skus = [line.sku for line in message.lines]
    if len(set(skus)) < len(skus):
        yield FieldError(field="lines", code="repeated_sku", message="must not name an article twice")


RULES: dict[str, tuple[Rule, ...]] = {
    "order": (has_distinct_articles,),
}
