"""What is polled: probes of BMCs, switches, shapers, the pairs between sites, and nodes. What they find is judged by pure files beside them."""
