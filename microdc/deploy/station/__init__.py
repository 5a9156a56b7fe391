"""Boot services of a site (DHCP, TFTP, HTTP): the controller's side here, the program that runs at the site in `resident`."""
