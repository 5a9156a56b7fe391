"""Sites in a few cells: what a tile says of one, and how many tiles a screen has room for. Pure."""
