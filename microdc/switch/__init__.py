"""Switches: their ports, neighbours, VLANs and addresses over SNMP; their configuration over SSH."""
