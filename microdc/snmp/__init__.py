"""SNMP: values are read, walked and set at one agent. pysnmp, and with it asyncio, lives in this room alone.

pysnmp speaks SNMPv3 and sets values; what is read over v2c is written and read by `messages`, which is some fifteen times faster.

`Client` is what other rooms call; its calls block. Beneath it `Session` and `walk` are coroutines on one loop, in one thread of its own: a walk
of many agents at once is a coroutine over many sessions, run by `loop.run`.
"""
