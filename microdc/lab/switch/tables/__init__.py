"""What snmpd does not tell of a bridge: BRIDGE-MIB, Q-BRIDGE-MIB, ENTITY-MIB, and names of ports that Linux cannot have.

Of the standard library only: snmpd runs it without what is installed, so that it starts fast and stays small.
"""
