"""What was: changes of states, and a point a minute of each device, kept in the store."""
