"""The page of the exit codes says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from microdc.errors import Exit

PAGE = Path(__file__).parents[2] / "docs/cli.md"


def test_the_page_lists_every_code_and_no_other() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| ", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [(int(code), name) for code, name in rows] == [(int(code), code.name) for code in Exit]
