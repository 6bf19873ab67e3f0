CREATE TABLE `load_histories` (
	`id` integer PRIMARY KEY,
	`group_id` integer NOT NULL,
	`metric` text NOT NULL,
	`from_slot` integer NOT NULL,
	`loads` text NOT NULL,
	CONSTRAINT `fk_load_histories_group_id_scaling_groups_id_fk` FOREIGN KEY (`group_id`) REFERENCES `scaling_groups`(`id`)
);
--> statement-breakpoint
ALTER TABLE `hosts` ADD `boot_ms` integer;--> statement-breakpoint
ALTER TABLE `scaling_groups` ADD `launches_ms` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
CREATE INDEX `load_histories_group` ON `load_histories` (`group_id`);