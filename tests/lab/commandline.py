"""The command line, as an operator of a lab uses it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from builtlab import Lab


def argv(lab: Lab, *words: str) -> list[str]:
    return [sys.executable, "-m", "microdc.cli", "-i", str(lab.inventory), *words]


def microdc(lab: Lab, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv(lab, *words), input=stdin, capture_output=True, text=True, check=False)


def data(lab: Lab, *words: str, stdin: str = "") -> Any:
    """What a command says with `-o json`, whatever its exit code."""
    done = microdc(lab, *words, "-o", "json", stdin=stdin)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)
