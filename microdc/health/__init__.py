"""How all of it is: devices polled, samples reduced to the health of sites, told to whoever watches."""
