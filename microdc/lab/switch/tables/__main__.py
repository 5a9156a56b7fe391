"""`python -m microdc.lab.switch.tables facts.json`, as snmpd runs it."""

from __future__ import annotations

import sys
from pathlib import Path

from microdc.lab.switch.tables.program import Answers, serve

serve(Answers(Path(sys.argv[1])), sys.stdin, sys.stdout)
