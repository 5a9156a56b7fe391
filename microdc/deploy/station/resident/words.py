"""The kinds of what is noted. The controller's list (`microdc.deploy.kinds`) is held against this one by a test."""

from __future__ import annotations

STARTED = "started"
STOPPED = "stopped"
APPLIED = "applied"
REFUSED = "refused"
DNSMASQ_DIED = "dnsmasq-died"
OTHER_DHCP = "other-dhcp"
IMAGE_DAMAGED = "image-damaged"

DISCOVER = "discover"
OFFER = "offer"
REQUEST = "request"
ACK = "ack"
NAK = "nak"
IGNORED = "ignored"
NO_LOADER = "no-loader"
DECLINE = "decline"
LOOP = "loop"

TFTP_SENT = "sent"
TFTP_FAILED = "failed"

HTTP_SCRIPT = "script"
HTTP_LOCAL = "local-boot"
HTTP_LOADER = "loader"
HTTP_KERNEL = "kernel"
HTTP_RAMDISK = "ramdisk"
HTTP_IMAGE = "image"
HTTP_DENIED = "denied"

HELLO = "hello"
RAMDISK_FAILED = "failed"
HOME = "home"
