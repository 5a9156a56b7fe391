"""Servers without a working BMC, by the outlets that feed them: power on, off and cycle over SNMP, and what the outlets measure.

To add a vendor: a file beside `apc.py` with its `Table`, each OID and number taken from the vendor's MIB text; a line in `vendors.py`; the name in the
inventory's `outlets:` (`documents/site.py`). No other code knows vendors.
"""
