"""Backbones: PoPs, links, the ways between them. Pure."""
