-- sqlite
CREATE INDEX calibrations_by_direction ON calibrations (testbed, source, target, id)
CREATE INDEX entries_by_began ON entries (began)
CREATE INDEX entries_by_outcome ON entries (outcome)
CREATE INDEX entries_by_testbed ON entries (testbed, id)
CREATE INDEX evidence_by_node ON evidence (testbed, node, id)
CREATE INDEX evidence_by_site ON evidence (testbed, site, id)
CREATE INDEX health_changes_by_device ON health_changes (testbed, device, id)
CREATE INDEX health_changes_by_time ON health_changes (testbed, at)
CREATE INDEX leases_by_testbed ON leases (testbed, ends)
CREATE INDEX nodes_by_site ON nodes (testbed, site)
CREATE TABLE blobs (
	digest TEXT NOT NULL,
	content BLOB NOT NULL,
	PRIMARY KEY (digest)
)
CREATE TABLE calibrations (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	testbed TEXT NOT NULL,
	source TEXT NOT NULL,
	target TEXT NOT NULL,
	delay BIGINT NOT NULL,
	jitter BIGINT NOT NULL,
	rate BIGINT,
	loss FLOAT NOT NULL,
	at DATETIME NOT NULL,
	host TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	method TEXT NOT NULL
)
CREATE TABLE entries (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	kind TEXT NOT NULL,
	testbed TEXT NOT NULL,
	owner TEXT NOT NULL,
	account TEXT NOT NULL,
	host TEXT NOT NULL,
	pid BIGINT NOT NULL,
	started BIGINT NOT NULL,
	boot TEXT NOT NULL,
	argv JSON NOT NULL,
	summary TEXT NOT NULL,
	began DATETIME NOT NULL,
	ended DATETIME,
	outcome TEXT NOT NULL,
	data JSON NOT NULL,
	result JSON NOT NULL,
	version TEXT NOT NULL
)
CREATE TABLE events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	entry INTEGER NOT NULL,
	what TEXT NOT NULL,
	at DATETIME NOT NULL,
	FOREIGN KEY(entry) REFERENCES entries (id)
)
CREATE TABLE evidence (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	testbed TEXT NOT NULL,
	site TEXT NOT NULL,
	node TEXT NOT NULL,
	mac TEXT NOT NULL,
	at DATETIME NOT NULL,
	taken DATETIME NOT NULL,
	source TEXT NOT NULL,
	kind TEXT NOT NULL,
	text TEXT NOT NULL,
	number BIGINT NOT NULL,
	data JSON NOT NULL
)
CREATE TABLE happenings (
	entry INTEGER NOT NULL,
	testbed TEXT NOT NULL,
	emulator TEXT NOT NULL,
	boot TEXT NOT NULL,
	number BIGINT NOT NULL,
	PRIMARY KEY (entry),
	UNIQUE (testbed, emulator, boot, number),
	FOREIGN KEY(entry) REFERENCES entries (id)
)
CREATE TABLE health_changes (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	testbed TEXT NOT NULL,
	device TEXT NOT NULL,
	at DATETIME NOT NULL,
	"before" TEXT NOT NULL,
	"after" TEXT NOT NULL,
	why TEXT NOT NULL
)
CREATE TABLE health_keepers (
	testbed TEXT NOT NULL,
	owner TEXT NOT NULL,
	account TEXT NOT NULL,
	host TEXT NOT NULL,
	pid BIGINT NOT NULL,
	started BIGINT NOT NULL,
	boot TEXT NOT NULL,
	token TEXT NOT NULL,
	since DATETIME NOT NULL,
	at DATETIME NOT NULL,
	PRIMARY KEY (testbed)
)
CREATE TABLE health_points (
	testbed TEXT NOT NULL,
	device TEXT NOT NULL,
	minute BIGINT NOT NULL,
	figures JSON NOT NULL,
	PRIMARY KEY (testbed, device, minute)
)
 WITHOUT ROWID
CREATE TABLE inputs (
	entry INTEGER NOT NULL,
	name TEXT NOT NULL,
	digest TEXT NOT NULL,
	PRIMARY KEY (entry, name),
	FOREIGN KEY(entry) REFERENCES entries (id),
	FOREIGN KEY(digest) REFERENCES blobs (digest)
)
CREATE TABLE keys (
	name TEXT NOT NULL,
	content BLOB NOT NULL,
	PRIMARY KEY (name)
)
CREATE TABLE leases (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	testbed TEXT NOT NULL,
	resource TEXT NOT NULL,
	holder TEXT NOT NULL,
	kind TEXT NOT NULL,
	reason TEXT NOT NULL,
	begins DATETIME NOT NULL,
	ends DATETIME NOT NULL,
	taken DATETIME NOT NULL,
	token TEXT NOT NULL,
	boot TEXT NOT NULL,
	uptime BIGINT,
	ended_how TEXT NOT NULL,
	ended_by TEXT NOT NULL
)
CREATE TABLE microdc_schema (
	version INTEGER NOT NULL
)
CREATE TABLE nodes (
	testbed TEXT NOT NULL,
	name TEXT NOT NULL,
	site TEXT NOT NULL,
	state TEXT NOT NULL,
	version BIGINT NOT NULL,
	changed DATETIME NOT NULL,
	body JSON NOT NULL,
	PRIMARY KEY (testbed, name)
)
CREATE TABLE presences (
	entry INTEGER NOT NULL,
	at DATETIME NOT NULL,
	PRIMARY KEY (entry),
	FOREIGN KEY(entry) REFERENCES entries (id)
)
CREATE TABLE stations (
	testbed TEXT NOT NULL,
	site TEXT NOT NULL,
	log TEXT NOT NULL,
	number BIGINT NOT NULL,
	revision BIGINT NOT NULL,
	PRIMARY KEY (testbed, site)
)
-- postgresql
CREATE INDEX calibrations_by_direction ON calibrations (testbed, source, target, id)
CREATE INDEX entries_by_began ON entries (began)
CREATE INDEX entries_by_outcome ON entries (outcome)
CREATE INDEX entries_by_testbed ON entries (testbed, id)
CREATE INDEX evidence_by_node ON evidence (testbed, node, id)
CREATE INDEX evidence_by_site ON evidence (testbed, site, id)
CREATE INDEX health_changes_by_device ON health_changes (testbed, device, id)
CREATE INDEX health_changes_by_time ON health_changes (testbed, at)
CREATE INDEX leases_by_testbed ON leases (testbed, ends)
CREATE INDEX nodes_by_site ON nodes (testbed, site)
CREATE TABLE blobs (
	digest TEXT NOT NULL,
	content BYTEA NOT NULL,
	PRIMARY KEY (digest)
)
CREATE TABLE calibrations (
	id BIGSERIAL NOT NULL,
	testbed TEXT NOT NULL,
	source TEXT NOT NULL,
	target TEXT NOT NULL,
	delay BIGINT NOT NULL,
	jitter BIGINT NOT NULL,
	rate BIGINT,
	loss FLOAT NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	host TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	method TEXT NOT NULL,
	PRIMARY KEY (id)
)
CREATE TABLE entries (
	id BIGSERIAL NOT NULL,
	kind TEXT NOT NULL,
	testbed TEXT NOT NULL,
	owner TEXT NOT NULL,
	account TEXT NOT NULL,
	host TEXT NOT NULL,
	pid BIGINT NOT NULL,
	started BIGINT NOT NULL,
	boot TEXT NOT NULL,
	argv JSONB NOT NULL,
	summary TEXT NOT NULL,
	began TIMESTAMP WITH TIME ZONE NOT NULL,
	ended TIMESTAMP WITH TIME ZONE,
	outcome TEXT NOT NULL,
	data JSONB NOT NULL,
	result JSONB NOT NULL,
	version TEXT NOT NULL,
	PRIMARY KEY (id)
)
CREATE TABLE events (
	id BIGSERIAL NOT NULL,
	entry BIGINT NOT NULL,
	what TEXT NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(entry) REFERENCES entries (id)
)
CREATE TABLE evidence (
	id BIGSERIAL NOT NULL,
	testbed TEXT NOT NULL,
	site TEXT NOT NULL,
	node TEXT NOT NULL,
	mac TEXT NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	taken TIMESTAMP WITH TIME ZONE NOT NULL,
	source TEXT NOT NULL,
	kind TEXT NOT NULL,
	text TEXT NOT NULL,
	number BIGINT NOT NULL,
	data JSONB NOT NULL,
	PRIMARY KEY (id)
)
CREATE TABLE happenings (
	entry BIGINT NOT NULL,
	testbed TEXT NOT NULL,
	emulator TEXT NOT NULL,
	boot TEXT NOT NULL,
	number BIGINT NOT NULL,
	PRIMARY KEY (entry),
	UNIQUE (testbed, emulator, boot, number),
	FOREIGN KEY(entry) REFERENCES entries (id)
)
CREATE TABLE health_changes (
	id BIGSERIAL NOT NULL,
	testbed TEXT NOT NULL,
	device TEXT NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	before TEXT NOT NULL,
	after TEXT NOT NULL,
	why TEXT NOT NULL,
	PRIMARY KEY (id)
)
CREATE TABLE health_keepers (
	testbed TEXT NOT NULL,
	owner TEXT NOT NULL,
	account TEXT NOT NULL,
	host TEXT NOT NULL,
	pid BIGINT NOT NULL,
	started BIGINT NOT NULL,
	boot TEXT NOT NULL,
	token TEXT NOT NULL,
	since TIMESTAMP WITH TIME ZONE NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	PRIMARY KEY (testbed)
)
CREATE TABLE health_points (
	testbed TEXT NOT NULL,
	device TEXT NOT NULL,
	minute BIGINT NOT NULL,
	figures JSONB NOT NULL,
	PRIMARY KEY (testbed, device, minute)
)
CREATE TABLE inputs (
	entry BIGINT NOT NULL,
	name TEXT NOT NULL,
	digest TEXT NOT NULL,
	PRIMARY KEY (entry, name),
	FOREIGN KEY(entry) REFERENCES entries (id),
	FOREIGN KEY(digest) REFERENCES blobs (digest)
)
CREATE TABLE keys (
	name TEXT NOT NULL,
	content BYTEA NOT NULL,
	PRIMARY KEY (name)
)
CREATE TABLE leases (
	id BIGSERIAL NOT NULL,
	testbed TEXT NOT NULL,
	resource TEXT NOT NULL,
	holder TEXT NOT NULL,
	kind TEXT NOT NULL,
	reason TEXT NOT NULL,
	begins TIMESTAMP WITH TIME ZONE NOT NULL,
	ends TIMESTAMP WITH TIME ZONE NOT NULL,
	taken TIMESTAMP WITH TIME ZONE NOT NULL,
	token TEXT NOT NULL,
	boot TEXT NOT NULL,
	uptime BIGINT,
	ended_how TEXT NOT NULL,
	ended_by TEXT NOT NULL,
	PRIMARY KEY (id)
)
CREATE TABLE microdc_schema (
	version INTEGER NOT NULL
)
CREATE TABLE nodes (
	testbed TEXT NOT NULL,
	name TEXT NOT NULL,
	site TEXT NOT NULL,
	state TEXT NOT NULL,
	version BIGINT NOT NULL,
	changed TIMESTAMP WITH TIME ZONE NOT NULL,
	body JSONB NOT NULL,
	PRIMARY KEY (testbed, name)
)
CREATE TABLE presences (
	entry BIGINT NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	PRIMARY KEY (entry),
	FOREIGN KEY(entry) REFERENCES entries (id)
)
CREATE TABLE stations (
	testbed TEXT NOT NULL,
	site TEXT NOT NULL,
	log TEXT NOT NULL,
	number BIGINT NOT NULL,
	revision BIGINT NOT NULL,
	PRIMARY KEY (testbed, site)
)
