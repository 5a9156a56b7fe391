"""Servers through their management controllers (BMCs): what is there, is it well, turn it on."""
