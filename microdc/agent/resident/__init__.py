"""The part of microdc that lives on an emulator: standard library only, Python 3.8 or newer.

It sends to the kernel the netlink messages that the controller encoded, gives back what the kernel dumps, and
keeps what is laid there now: an ordered list of layers, each with messages per slot (a class and its leaf). When
a layer ends, each of its slots gets the messages of the layer on top of what remains. It compiles nothing and
understands no message; so one version serves many controllers.

The controller sends it as one file, a zip of this package, and runs `python3 FILE connect DIR`.
"""

PROTOCOL = 3
"""Of the conversation between a controller and an agent."""
MAX_CONFIRM_SECONDS = 600.0
"""A policy. While a change waits to be confirmed nobody else changes that host and no layer ends there, and a host that was
cut off by it stays so: a dead controller must not hold that up for hours."""
