"""The boot services of a site: standard library only, Python 3.8 or newer, run as root on the site's host.

One process for one directory. It writes dnsmasq's configuration and keeps dnsmasq running (DHCP and TFTP), serves scripts, kernels,
images and packages over HTTP, hears what ramdisks and new systems report, and notes all that happens in a log that only grows. What
it is to do comes as one JSON document from the controller, with a revision; it works on by itself when the controller is away.

The controller sends it as one file, a zip of this package, and runs `python3 FILE ensure DIR`.
"""

PROTOCOL = 1
"""Of the conversation between a controller and a station."""
