CREATE TABLE `scaling_groups` (
	`id` integer PRIMARY KEY,
	`name` text NOT NULL,
	`tenant_id` integer NOT NULL,
	`template` text NOT NULL,
	`template_revision` integer NOT NULL,
	`min` integer NOT NULL,
	`max` integer NOT NULL,
	`desired` integer NOT NULL,
	`zone_ids` text NOT NULL,
	`policies` text NOT NULL,
	`termination_policy` text NOT NULL,
	`cooldown_seconds` real NOT NULL,
	`warm_up_seconds` real NOT NULL,
	`scale_in_after_seconds` real NOT NULL,
	`unhealthy_after_seconds` real NOT NULL,
	`demand` text,
	`next_number` integer NOT NULL,
	`last_step_at_ms` integer,
	`schedules` text NOT NULL,
	`held` text NOT NULL,
	`blocked_by` text NOT NULL,
	`launch_failures` integer NOT NULL,
	`retry_at_ms` integer,
	`deleting` integer NOT NULL,
	`created_at_ms` integer NOT NULL,
	CONSTRAINT `fk_scaling_groups_tenant_id_tenants_id_fk` FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`),
	CONSTRAINT "termination_policy_known" CHECK("termination_policy" = 'FULLEST_ZONE' OR "termination_policy" = 'OLDEST' OR "termination_policy" = 'NEWEST' OR "termination_policy" = 'CHEAPEST_TO_LOSE')
);
--> statement-breakpoint
ALTER TABLE `guests` ADD `group_id` integer REFERENCES scaling_groups(id);--> statement-breakpoint
ALTER TABLE `guests` ADD `membership` text;--> statement-breakpoint
CREATE INDEX `guests_group` ON `guests` (`group_id`) WHERE group_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `scaling_groups_tenant` ON `scaling_groups` (`tenant_id`);