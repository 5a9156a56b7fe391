"""What can be done to the demo: each act changes what is sampled from then on, is written into its journal, and gives what the command prints.

What it would do is told beside it, as the command tells it with `--dry-run`.
"""
