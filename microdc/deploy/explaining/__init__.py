"""Why a node is where it is: one timeline of all that was seen of it, and what that means. Pure."""
