"""The kinds of Evidence, by source: who writes them, and what `data` holds.

Words that the site's boot services and the ramdisk use too; those are programs of their own that import nothing of microdc, so a
test holds the two against each other.
"""

from __future__ import annotations

# -- station: the boot services themselves
STARTED = "started"  # {pid, interface, address, revision}
STOPPED = "stopped"  # {why}
APPLIED = "applied"  # {revision, mac}: a new configuration holds, on an interface with this address
REFUSED = "refused"  # {revision, reason}: a configuration was not taken; the one before it holds
DNSMASQ_DIED = "dnsmasq-died"  # {status, said}: it is started again
OTHER_DHCP = "other-dhcp"  # {server, mac, offered, to}: another DHCP server answers on the segment; ours is not started, or stopped
DHCP_FOUND = (
    "dhcp-found"  # {server, mac, offered, to}: proxyDHCP: the server that gives addresses on the segment
)
DHCP_MISSING = "dhcp-missing"  # {}: proxyDHCP: no server gives addresses; ours is not started, or stopped
IMAGE_DAMAGED = (
    "image-damaged"  # {digest}: an image that was kept there was not what its name says, and is taken away
)

# -- dhcp: what dnsmasq saw. {address, arch, vendor_class, user_class, file, xid}, as far as known; an offer of ours that brings no address (proxyDHCP): proxy
DISCOVER = "discover"
OFFER = "offer"
REQUEST = "request"
ACK = "ack"
NAK = "nak"
IGNORED = "ignored"  # of a MAC that is not known, or is not armed
NO_LOADER = "no-loader"  # {arch}: a known MAC whose architecture has no loader
DECLINE = "decline"
LOOP = "loop"  # {file, times}: it keeps loading its own loader
LEASED = "leased"  # {address, server, vendor_class, user_class}: proxyDHCP: it takes the address that another server offered

# -- tftp
TFTP_SENT = "sent"  # {file, address}
TFTP_FAILED = "failed"  # {file, address, reason}

# -- http
HTTP_BOUND = "bound"  # {address, mac}: proxyDHCP: by its MAC it is who asks from this address, which counts as its own from now on
HTTP_SCRIPT = "script"  # {address, user_agent}: the iPXE script was given
HTTP_LOCAL = "local-boot"  # {address}: it asked for a script and was sent on to its disk, since nothing is to be done with it
HTTP_LOADER = "loader"  # {file, bytes, of}
HTTP_KERNEL = "kernel"  # {bytes, of}
HTTP_RAMDISK = "ramdisk"  # {bytes, of}
HTTP_IMAGE = "image"  # {digest, offset, bytes, of}: one answer ended; bytes < of - offset: it was cut
HTTP_DENIED = (
    "denied"  # {address, path, reason}: unknown-address, wrong-token, spent-token, not-armed, no-such-file
)

# -- ramdisk: reports of the program that runs in it
HELLO = "hello"  # {hardware: {...}}: it runs, and has its order
DISK = "disk"  # {disk, size, serial, candidates}: the disk that was chosen
WRITING = "writing"  # {done, total, rate, waits}: waits: for its turn, since the station sends to as many others as it may
RESUMED = "resumed"  # {offset, reason}: the connection was cut, and goes on
WRITTEN = "written"  # {digest, raw_digest, seconds}
WIPED = "wiped"  # {disks}
CONFIGURED = "configured"  # {host_keys: [...], firmware, loader}
REBOOTING = "rebooting"
INSPECTED = "inspected"  # {hardware: {...}}
RAMDISK_FAILED = "failed"  # {code, text}: code is one of RAMDISK_CODES

RAMDISK_CODES = (
    "no-order",  # the station gave none
    "no-disk",  # there is none at all
    "no-such-disk",  # none fits the hints
    "many-disks",  # several fit
    "foreign-data",  # it holds data of somebody, and nobody said to wipe it
    "disk-too-small",
    "disk-error",  # writing or reading back failed
    "image-hash",  # what came is not what was promised
    "image-cut",  # the connection was cut more often than is tried
    "no-space",
    "configure",  # the system on disk could not be given its identity
    "loader",  # the loader could not be installed or set
    "crash",  # an error of the program itself; text has it
)

# -- node: the system on its disk
HOME = "home"  # {hostname, boot_id, uptime, addresses, root, host_keys, image}

# -- bmc
POWER = "power"  # {state}
BOOT = "boot"  # {target, lasting, mode}
LOG = "log"  # {message, severity}
BMC_LOST = "unreachable"  # {error}

# -- console
LINE = "line"  # text: a line that came out of the serial port

# -- ironic: OpenStack Ironic, where it deploys a site's nodes. All with {move}
PROVISION = "provision"  # {state, step, power, since}: the state in which Ironic has the node, in its words; text adds its last error
HISTORY = "history"  # {uuid, event_type, severity, conductor}: an entry of its own history of the node, on its clock

# -- controller
ENTERED = "entered"  # {phase, state, attempt}
DECIDED = "decided"  # what it does, in words
GAVE_UP = "gave-up"  # {phase, cause}
