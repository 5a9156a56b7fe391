"""The switches of a lab: a bridge for each, with the ports that the inventory names, and what answers SNMP, LLDP and SSH."""
