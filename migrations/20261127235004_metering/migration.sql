CREATE TABLE `metering` (
	`stretch_ms` integer NOT NULL,
	`zone_id` integer NOT NULL,
	`from_ms` integer NOT NULL,
	`until_ms` integer NOT NULL,
	`host_on_ms` real NOT NULL,
	`host_standby_ms` real NOT NULL,
	`host_off_ms` real NOT NULL,
	`microjoules` real NOT NULL,
	`estimated_microjoules` real NOT NULL,
	`standby_saved_microjoules` real NOT NULL,
	`guest_ms` real NOT NULL,
	`demand_millicore_ms` real NOT NULL,
	`granted_millicore_ms` real NOT NULL,
	`alone_microjoules` real NOT NULL,
	`migrating_demand_millicore_ms` real NOT NULL,
	`migrations` real NOT NULL,
	CONSTRAINT `metering_pk` PRIMARY KEY(`stretch_ms`, `zone_id`)
);
