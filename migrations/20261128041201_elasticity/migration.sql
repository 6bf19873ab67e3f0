CREATE TABLE `load_balancer_targets` (
	`id` integer PRIMARY KEY,
	`load_balancer_id` integer NOT NULL,
	`target_group` text NOT NULL,
	`guest_id` integer NOT NULL,
	`port` integer,
	`weight` integer NOT NULL,
	`address` text,
	`state` text NOT NULL,
	`state_since_ms` integer NOT NULL,
	`cause_seq` integer NOT NULL,
	`reasons` text NOT NULL,
	`drain_until_ms` integer,
	`deregistering` integer NOT NULL,
	`flaps` integer NOT NULL,
	`held_until_ms` integer,
	CONSTRAINT `fk_load_balancer_targets_load_balancer_id_load_balancers_id_fk` FOREIGN KEY (`load_balancer_id`) REFERENCES `load_balancers`(`id`),
	CONSTRAINT `fk_load_balancer_targets_guest_id_guests_id_fk` FOREIGN KEY (`guest_id`) REFERENCES `guests`(`id`),
	CONSTRAINT "state_known" CHECK("state" = 'UNUSED' OR "state" = 'INITIAL' OR "state" = 'HEALTHY' OR "state" = 'UNHEALTHY' OR "state" = 'DRAINING' OR "state" = 'DRAINED')
);
--> statement-breakpoint
CREATE TABLE `load_balancer_telemetry` (
	`load_balancer_id` integer PRIMARY KEY,
	`traffic` text NOT NULL,
	`sampled_at_ms` integer NOT NULL,
	CONSTRAINT `fk_load_balancer_telemetry_load_balancer_id_load_balancers_id_fk` FOREIGN KEY (`load_balancer_id`) REFERENCES `load_balancers`(`id`) ON DELETE CASCADE
);
--> statement-breakpoint
CREATE TABLE `load_balancers` (
	`id` integer PRIMARY KEY,
	`name` text NOT NULL,
	`tenant_id` integer NOT NULL,
	`driver` text NOT NULL,
	`socket_path` text,
	`listeners` text NOT NULL,
	`target_groups` text NOT NULL,
	`scaling_targets` text DEFAULT '[]' NOT NULL,
	`open_groups` text NOT NULL,
	`unreachable_since_ms` integer,
	CONSTRAINT `fk_load_balancers_tenant_id_tenants_id_fk` FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`)
);
--> statement-breakpoint
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
	`member_ms` real NOT NULL,
	`spared_member_ms` real NOT NULL,
	`spared_millicore_ms` real NOT NULL,
	CONSTRAINT `metering_pk` PRIMARY KEY(`stretch_ms`, `zone_id`)
);
--> statement-breakpoint
CREATE TABLE `load_histories` (
	`id` integer PRIMARY KEY,
	`group_id` integer NOT NULL,
	`metric` text NOT NULL,
	`from_slot` integer NOT NULL,
	`loads` text NOT NULL,
	CONSTRAINT `fk_load_histories_group_id_scaling_groups_id_fk` FOREIGN KEY (`group_id`) REFERENCES `scaling_groups`(`id`)
);
--> statement-breakpoint
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
CREATE TABLE `scaling_groups` (
	`id` integer PRIMARY KEY,
	`name` text NOT NULL,
	`tenant_id` integer NOT NULL,
	`template` text NOT NULL,
	`template_revision` integer NOT NULL,
	`newest_revision` integer DEFAULT 1 NOT NULL,
	`previous_template` text,
	`refresh` text,
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
	`health_check` text DEFAULT 'GUEST' NOT NULL,
	`lifecycle_hooks` text DEFAULT '[]' NOT NULL,
	`demand` text,
	`next_number` integer NOT NULL,
	`last_step_at_ms` integer,
	`schedules` text NOT NULL,
	`held` text NOT NULL,
	`blocked_by` text NOT NULL,
	`launch_failures` integer NOT NULL,
	`retry_at_ms` integer,
	`launches_ms` text DEFAULT '[]' NOT NULL,
	`deleting` integer NOT NULL,
	`created_at_ms` integer NOT NULL,
	CONSTRAINT `fk_scaling_groups_tenant_id_tenants_id_fk` FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`),
	CONSTRAINT "termination_policy_known" CHECK("termination_policy" = 'FULLEST_ZONE' OR "termination_policy" = 'OLDEST' OR "termination_policy" = 'NEWEST' OR "termination_policy" = 'CHEAPEST_TO_LOSE')
);
--> statement-breakpoint
ALTER TABLE `guests` ADD `requested_at_ms` integer;--> statement-breakpoint
ALTER TABLE `guests` ADD `group_id` integer REFERENCES scaling_groups(id);--> statement-breakpoint
ALTER TABLE `guests` ADD `membership` text;--> statement-breakpoint
ALTER TABLE `hosts` ADD `boot_ms` integer;--> statement-breakpoint
ALTER TABLE `hosts` ADD `overload` text;--> statement-breakpoint
ALTER TABLE `hosts` ADD `power_watts` text;--> statement-breakpoint
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
PRAGMA foreign_keys=ON;--> statement-breakpoint
PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_faults` (
	`id` integer PRIMARY KEY,
	`kind` text NOT NULL,
	`target_type` text NOT NULL,
	`target_id` integer NOT NULL,
	`injected_at_ms` integer NOT NULL,
	`until_ms` integer,
	`seq` integer NOT NULL,
	CONSTRAINT "kind_known" CHECK("kind" = 'HOST_POWER' OR "kind" = 'HOST_NETWORK' OR "kind" = 'HOST_HANG' OR "kind" = 'RACK_POWER' OR "kind" = 'ZONE_POWER' OR "kind" = 'ZONE_COOLING' OR "kind" = 'ZONE_NETWORK' OR "kind" = 'REGION_LOSS' OR "kind" = 'GUEST_CRASH' OR "kind" = 'GUEST_START_FAILS' OR "kind" = 'MIGRATION_FAILS' OR "kind" = 'STORAGE_STALL' OR "kind" = 'GUEST_HANG')
);
--> statement-breakpoint
INSERT INTO `__new_faults`(`id`, `kind`, `target_type`, `target_id`, `injected_at_ms`, `until_ms`, `seq`) SELECT `id`, `kind`, `target_type`, `target_id`, `injected_at_ms`, `until_ms`, `seq` FROM `faults`;--> statement-breakpoint
DROP TABLE `faults`;--> statement-breakpoint
ALTER TABLE `__new_faults` RENAME TO `faults`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE INDEX `faults_target` ON `faults` (`target_id`);--> statement-breakpoint
CREATE INDEX `load_balancer_targets_load_balancer` ON `load_balancer_targets` (`load_balancer_id`);--> statement-breakpoint
CREATE INDEX `load_balancer_targets_guest` ON `load_balancer_targets` (`guest_id`);--> statement-breakpoint
CREATE INDEX `load_balancers_tenant` ON `load_balancers` (`tenant_id`);--> statement-breakpoint
CREATE INDEX `load_histories_group` ON `load_histories` (`group_id`);--> statement-breakpoint
CREATE INDEX `guests_group` ON `guests` (`group_id`) WHERE group_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `scaling_groups_tenant` ON `scaling_groups` (`tenant_id`);