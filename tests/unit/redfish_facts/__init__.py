"""Facts that recorded BMCs state, written down from their JSON by hand and with no collector: what the readers must come to."""
