"""What the command line answers and what samples tell, as values: screens show these, and never walk through JSON themselves.

An answer may come from a recording, or from another release: what is missing or of the wrong shape is absent here, and never an exception. All pure.
"""
