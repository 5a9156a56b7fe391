"""`python -m microdc.cli`, where the console script is not on the PATH."""

from microdc.cli.main import run

run()
