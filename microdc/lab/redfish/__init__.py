"""The lab's own BMC: a Redfish service for one machine of the virtual rack, or for a recorded tree of a real one.

`python -m microdc.lab.redfish --help` starts it; `faults` says which ways of lying can be planted; `world` says what it
needs of a machine. Written after DSP0266 1.20 with the standard library only, since it must start in a blink and a thousand
of them share one process.
"""
