"""The steps of a page, and the comparison with the printed lines."""

from __future__ import annotations

import pytest
from pipeline_examples.__main__ import PAGES
from pipeline_examples.page import Change, Commands, Insertion, Manner, missing, read_page
from pipeline_testing.repository_copy import REPOSITORY

PAGE = """
```sh
echo one
```

```text
one
```

```python
for_readers = True
```

```text
of no command
```

<!-- rehearse: echo instead -->

```sh aws
echo on AWS
```

```text
on AWS
```

<!-- rehearse: echo again -->

```sh repeat
echo two
```

```text
two
```

```diff
-a
+b
```

```markdown insert CHANGELOG.md
## Unreleased
```
"""


def test_a_page_is_read_into_steps() -> None:
    assert read_page(PAGE) == [
        Commands("echo one\n", printed=("one",)),
        Commands("echo instead"),
        Commands("echo again"),
        Commands("echo two\n", Manner.REPEAT, ("two",)),
        Change("-a\n+b\n"),
        Insertion("CHANGELOG.md", "## Unreleased\n"),
    ]


@pytest.mark.parametrize("fence", ["sh often", "text exactly", "diff applied", "sh background and more"])
def test_an_unknown_fence_is_refused(fence: str) -> None:
    with pytest.raises(ValueError, match="says nothing that is known"):
        read_page(f"```{fence}\nls\n```\n")


@pytest.mark.parametrize("manner", ["background", "repeat"])
def test_commands_that_need_a_sign_to_go_on_have_one(manner: str) -> None:
    with pytest.raises(ValueError, match="says when to go on"):
        read_page(f"```sh {manner}\nls\n```\n")


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_can_be_run(name: str) -> None:
    assert read_page((REPOSITORY / PAGES[name]).read_text("utf-8"))


@pytest.mark.parametrize(
    ("expected", "absent"),
    [
        (("first", "third"), None),
        (("fir…", "…rd"), None),
        (("second  line",), None),
        (("second … line",), None),
        (("…",), None),
        (("third", "first"), "first"),
        (("first", "fourth"), "fourth"),
        (("s.cond",), "s.cond"),
    ],
)
def test_lines_are_printed_in_the_order_of_the_page(expected: tuple[str, ...], absent: str | None) -> None:
    assert missing(expected, "first\n  second   line\nthird\n") == absent
