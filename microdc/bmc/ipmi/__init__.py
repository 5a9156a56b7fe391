"""IPMI 2.0 over the network, through pyghmi in a process of its own."""
