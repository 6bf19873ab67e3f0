CREATE TABLE `recommendations` (
	`id` integer PRIMARY KEY,
	`kind` text NOT NULL,
	`host_id` integer NOT NULL,
	`guest_ids` text NOT NULL,
	`to_host_id` integer,
	`because` text NOT NULL,
	`saved_watts` real,
	`made_at_ms` integer NOT NULL,
	`seq` integer NOT NULL,
	CONSTRAINT "kind_known" CHECK("kind" = 'MOVE' OR "kind" = 'STANDBY' OR "kind" = 'WAKE')
);
--> statement-breakpoint
ALTER TABLE `hosts` ADD `overload` text;