"""Servers through IPMI 2.0: one process per BMC talks (pyghmi), what its bytes mean is decided here.

Sections and tables named in this room are those of the Intelligent Platform Management Interface Specification, second generation,
v2.0, revision 1.1.
"""
