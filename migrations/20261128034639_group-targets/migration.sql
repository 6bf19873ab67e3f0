ALTER TABLE `load_balancers` ADD `scaling_targets` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `scaling_groups` ADD `health_check` text DEFAULT 'GUEST' NOT NULL;--> statement-breakpoint
PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_driver_state` (
	`driver` text NOT NULL,
	`key` text NOT NULL,
	`value` text NOT NULL,
	CONSTRAINT `driver_state_pk` PRIMARY KEY(`driver`, `key`)
);
--> statement-breakpoint
INSERT INTO `__new_driver_state`(`driver`, `key`, `value`) SELECT `driver`, `key`, `value` FROM `driver_state`;--> statement-breakpoint
DROP TABLE `driver_state`;--> statement-breakpoint
ALTER TABLE `__new_driver_state` RENAME TO `driver_state`;--> statement-breakpoint
PRAGMA foreign_keys=ON;