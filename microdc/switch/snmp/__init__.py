"""Switches over SNMP. Rows of MIB tables become values of `microdc.switch.model`: one pure file for each MIB; `reading` walks and joins them."""
