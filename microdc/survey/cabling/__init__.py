"""Is the rack wired as declared: what the inventory says of cables against what the switches hear."""
