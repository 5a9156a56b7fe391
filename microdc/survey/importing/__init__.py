"""Inventories that others keep: NetBox documents and exports, cable tables, Ansible host variables. Bytes to site documents. Pure."""
