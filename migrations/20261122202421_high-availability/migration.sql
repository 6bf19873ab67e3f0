CREATE TABLE `incidents` (
	`id` integer PRIMARY KEY,
	`domain` text NOT NULL,
	`scope_type` text NOT NULL,
	`scope_id` integer NOT NULL,
	`opened_at_ms` integer NOT NULL,
	`resolved_at_ms` integer,
	`hosts_lost` integer NOT NULL,
	`guests_lost` integer NOT NULL,
	`root_seq` integer NOT NULL,
	CONSTRAINT "domain_known" CHECK("domain" = 'HOST' OR "domain" = 'RACK' OR "domain" = 'DATA_CENTER' OR "domain" = 'ZONE' OR "domain" = 'REGION')
);
--> statement-breakpoint
ALTER TABLE `log` ADD `incident_id` integer;--> statement-breakpoint
ALTER TABLE `meta` ADD `armed` integer DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE `meta` ADD `contact_lost_at_ms` integer;--> statement-breakpoint
ALTER TABLE `meta` ADD `silences_count_from_ms` integer;--> statement-breakpoint
ALTER TABLE `meta` ADD `stock_due_at_ms` integer;--> statement-breakpoint
ALTER TABLE `affinity_rules` ADD `disabled` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `affinity_rules` ADD `contradicts` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `failovers` ADD `incident_id` integer;--> statement-breakpoint
ALTER TABLE `guests` ADD `frozen_on_host_id` integer;--> statement-breakpoint
ALTER TABLE `guests` ADD `displaced_from_host_id` integer;--> statement-breakpoint
ALTER TABLE `guests` ADD `ready_at_ms` integer;--> statement-breakpoint
ALTER TABLE `guests` ADD `preempted_by` integer;--> statement-breakpoint
ALTER TABLE `guests` ADD `move_blocked_by` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `guests` ADD `move_failures` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `guests` ADD `incident_id` integer;--> statement-breakpoint
ALTER TABLE `hosts` ADD `opinion` text;--> statement-breakpoint
ALTER TABLE `hosts` ADD `maintenance` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `hosts` ADD `power` text;--> statement-breakpoint
ALTER TABLE `hosts` ADD `flaps` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `hosts` ADD `returned_at_ms` integer;--> statement-breakpoint
ALTER TABLE `hosts` ADD `held_until_ms` integer;--> statement-breakpoint
ALTER TABLE `hosts` ADD `watchdog_ms` integer;--> statement-breakpoint
ALTER TABLE `hosts` ADD `incident_id` integer;--> statement-breakpoint
ALTER TABLE `operations` ADD `host_id` integer;--> statement-breakpoint
ALTER TABLE `zones` ADD `utility_restored_at_ms` integer;--> statement-breakpoint
ALTER TABLE `zones` ADD `tolerate` text;--> statement-breakpoint
ALTER TABLE `zones` ADD `incident_id` integer;--> statement-breakpoint
PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_hosts` (
	`id` integer PRIMARY KEY,
	`name` text NOT NULL,
	`zone_id` integer NOT NULL,
	`data_center_id` integer NOT NULL,
	`rack_id` integer,
	`driver` text NOT NULL,
	`driver_uri` text,
	`cpu_millicores` integer NOT NULL,
	`memory_mib` integer NOT NULL,
	`storage_gib` integer NOT NULL,
	`status` text NOT NULL,
	`status_since_ms` integer NOT NULL,
	`cause_seq` integer,
	`ever_up` integer NOT NULL,
	`generation` integer NOT NULL,
	`fence_failed_at_ms` integer,
	`last_seen_at_ms` integer,
	`opinion` text,
	`maintenance` integer DEFAULT false NOT NULL,
	`power` text,
	`flaps` integer DEFAULT 0 NOT NULL,
	`returned_at_ms` integer,
	`held_until_ms` integer,
	`watchdog_ms` integer,
	`incident_id` integer,
	CONSTRAINT `fk_hosts_zone_id_zones_id_fk` FOREIGN KEY (`zone_id`) REFERENCES `zones`(`id`),
	CONSTRAINT `fk_hosts_data_center_id_data_centers_id_fk` FOREIGN KEY (`data_center_id`) REFERENCES `data_centers`(`id`),
	CONSTRAINT `fk_hosts_rack_id_racks_id_fk` FOREIGN KEY (`rack_id`) REFERENCES `racks`(`id`),
	CONSTRAINT "driver_known" CHECK("driver" = 'simulated' OR "driver" = 'libvirt'),
	CONSTRAINT "status_known" CHECK("status" = 'UP' OR "status" = 'SUSPECT' OR "status" = 'FENCING' OR "status" = 'DOWN' OR "status" = 'DRAINING' OR "status" = 'MAINTENANCE' OR "status" = 'STANDBY'),
	CONSTRAINT "opinion_known" CHECK("opinion" = 'ALIVE' OR "opinion" = 'DEAD' OR "opinion" = 'UNKNOWN')
);
--> statement-breakpoint
INSERT INTO `__new_hosts`(`id`, `name`, `zone_id`, `data_center_id`, `rack_id`, `driver`, `driver_uri`, `cpu_millicores`, `memory_mib`, `storage_gib`, `status`, `status_since_ms`, `cause_seq`, `ever_up`, `generation`, `fence_failed_at_ms`, `last_seen_at_ms`) SELECT `id`, `name`, `zone_id`, `data_center_id`, `rack_id`, `driver`, `driver_uri`, `cpu_millicores`, `memory_mib`, `storage_gib`, `status`, `status_since_ms`, `cause_seq`, `ever_up`, `generation`, `fence_failed_at_ms`, `last_seen_at_ms` FROM `hosts`;--> statement-breakpoint
DROP TABLE `hosts`;--> statement-breakpoint
ALTER TABLE `__new_hosts` RENAME TO `hosts`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_zones` (
	`id` integer PRIMARY KEY,
	`name` text NOT NULL,
	`region_id` integer NOT NULL,
	`status` text NOT NULL,
	`power` text NOT NULL,
	`cooling` text NOT NULL,
	`network` text NOT NULL,
	`utility_restored_at_ms` integer,
	`cause_seq` integer,
	`tolerate` text,
	`incident_id` integer,
	CONSTRAINT `fk_zones_region_id_regions_id_fk` FOREIGN KEY (`region_id`) REFERENCES `regions`(`id`),
	CONSTRAINT "status_known" CHECK("status" = 'HEALTHY' OR "status" = 'DEGRADED' OR "status" = 'DOWN'),
	CONSTRAINT "power_known" CHECK("power" = 'UP' OR "power" = 'DOWN'),
	CONSTRAINT "cooling_known" CHECK("cooling" = 'UP' OR "cooling" = 'DOWN'),
	CONSTRAINT "network_known" CHECK("network" = 'UP' OR "network" = 'DOWN'),
	CONSTRAINT "tolerate_known" CHECK("tolerate" = 'NOTHING' OR "tolerate" = 'HOST' OR "tolerate" = 'RACK' OR "tolerate" = 'ZONE')
);
--> statement-breakpoint
INSERT INTO `__new_zones`(`id`, `name`, `region_id`, `status`, `power`, `cooling`, `network`, `cause_seq`) SELECT `id`, `name`, `region_id`, `status`, `power`, `cooling`, `network`, `cause_seq` FROM `zones`;--> statement-breakpoint
DROP TABLE `zones`;--> statement-breakpoint
ALTER TABLE `__new_zones` RENAME TO `zones`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_operations` (
	`id` integer PRIMARY KEY,
	`kind` text NOT NULL,
	`status` text NOT NULL,
	`guest_id` integer,
	`host_id` integer,
	`started_at_ms` integer NOT NULL,
	`finished_at_ms` integer,
	`error` text,
	`seq` integer NOT NULL,
	CONSTRAINT "kind_known" CHECK("kind" = 'START_GUEST' OR "kind" = 'STOP_GUEST' OR "kind" = 'SUSPEND_GUEST' OR "kind" = 'RESUME_GUEST' OR "kind" = 'REBOOT_GUEST' OR "kind" = 'RESIZE_GUEST' OR "kind" = 'MIGRATE_GUEST' OR "kind" = 'DELETE_GUEST' OR "kind" = 'MAINTAIN_HOST' OR "kind" = 'REBOOT_HOST' OR "kind" = 'SHUTDOWN_HOST' OR "kind" = 'POWER_ON_HOST'),
	CONSTRAINT "status_known" CHECK("status" = 'RUNNING' OR "status" = 'SUCCEEDED' OR "status" = 'FAILED' OR "status" = 'SUPERSEDED')
);
--> statement-breakpoint
INSERT INTO `__new_operations`(`id`, `kind`, `status`, `guest_id`, `started_at_ms`, `finished_at_ms`, `error`, `seq`) SELECT `id`, `kind`, `status`, `guest_id`, `started_at_ms`, `finished_at_ms`, `error`, `seq` FROM `operations`;--> statement-breakpoint
DROP TABLE `operations`;--> statement-breakpoint
ALTER TABLE `__new_operations` RENAME TO `operations`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_guests` (
	`id` integer PRIMARY KEY,
	`name` text NOT NULL,
	`tenant_id` integer NOT NULL,
	`flavor_id` integer NOT NULL,
	`image_id` integer NOT NULL,
	`cpu_millicores` integer NOT NULL,
	`memory_mib` integer NOT NULL,
	`storage_gib` integer NOT NULL,
	`desired` text NOT NULL,
	`status` text NOT NULL,
	`status_since_ms` integer NOT NULL,
	`cause_seq` integer NOT NULL,
	`host_id` integer,
	`zone_id` integer,
	`target_host_id` integer,
	`home_host_id` integer,
	`generation` integer NOT NULL,
	`task` text,
	`recovery` text NOT NULL,
	`blocked_by` text NOT NULL,
	`loss` text,
	`restarts` integer NOT NULL,
	`tried_host_ids` text NOT NULL,
	`retry_at_ms` integer,
	`deleting` integer NOT NULL,
	`frozen_on_host_id` integer,
	`displaced_from_host_id` integer,
	`ready_at_ms` integer,
	`preempted_by` integer,
	`move_blocked_by` text DEFAULT '[]' NOT NULL,
	`move_failures` integer DEFAULT 0 NOT NULL,
	`incident_id` integer,
	`created_at_ms` integer NOT NULL,
	`workload` text,
	`placement` text,
	CONSTRAINT `fk_guests_tenant_id_tenants_id_fk` FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`),
	CONSTRAINT `fk_guests_flavor_id_flavors_id_fk` FOREIGN KEY (`flavor_id`) REFERENCES `flavors`(`id`),
	CONSTRAINT `fk_guests_image_id_images_id_fk` FOREIGN KEY (`image_id`) REFERENCES `images`(`id`),
	CONSTRAINT `fk_guests_host_id_hosts_id_fk` FOREIGN KEY (`host_id`) REFERENCES `hosts`(`id`),
	CONSTRAINT `fk_guests_zone_id_zones_id_fk` FOREIGN KEY (`zone_id`) REFERENCES `zones`(`id`),
	CONSTRAINT `fk_guests_target_host_id_hosts_id_fk` FOREIGN KEY (`target_host_id`) REFERENCES `hosts`(`id`),
	CONSTRAINT "desired_known" CHECK("desired" = 'RUNNING' OR "desired" = 'STOPPED' OR "desired" = 'SUSPENDED'),
	CONSTRAINT "status_known" CHECK("status" = 'PENDING' OR "status" = 'STARTING' OR "status" = 'RUNNING' OR "status" = 'MIGRATING' OR "status" = 'REBOOTING' OR "status" = 'SUSPENDING' OR "status" = 'SUSPENDED' OR "status" = 'RESUMING' OR "status" = 'STOPPING' OR "status" = 'STOPPED' OR "status" = 'LOST' OR "status" = 'RECOVERING' OR "status" = 'FROZEN' OR "status" = 'ERROR')
);
--> statement-breakpoint
INSERT INTO `__new_guests`(`id`, `name`, `tenant_id`, `flavor_id`, `image_id`, `cpu_millicores`, `memory_mib`, `storage_gib`, `desired`, `status`, `status_since_ms`, `cause_seq`, `host_id`, `zone_id`, `target_host_id`, `home_host_id`, `generation`, `task`, `recovery`, `blocked_by`, `loss`, `restarts`, `tried_host_ids`, `retry_at_ms`, `deleting`, `created_at_ms`, `workload`, `placement`) SELECT `id`, `name`, `tenant_id`, `flavor_id`, `image_id`, `cpu_millicores`, `memory_mib`, `storage_gib`, `desired`, `status`, `status_since_ms`, `cause_seq`, `host_id`, `zone_id`, `target_host_id`, `home_host_id`, `generation`, `task`, `recovery`, `blocked_by`, `loss`, `restarts`, `tried_host_ids`, `retry_at_ms`, `deleting`, `created_at_ms`, `workload`, `placement` FROM `guests`;--> statement-breakpoint
DROP TABLE `guests`;--> statement-breakpoint
ALTER TABLE `__new_guests` RENAME TO `guests`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE INDEX `hosts_name` ON `hosts` (`name`);--> statement-breakpoint
CREATE INDEX `hosts_zone` ON `hosts` (`zone_id`);--> statement-breakpoint
CREATE INDEX `hosts_data_center` ON `hosts` (`data_center_id`);--> statement-breakpoint
CREATE INDEX `hosts_rack` ON `hosts` (`rack_id`);--> statement-breakpoint
CREATE INDEX `zones_name` ON `zones` (`name`);--> statement-breakpoint
CREATE INDEX `zones_region` ON `zones` (`region_id`);--> statement-breakpoint
CREATE INDEX `operations_guest` ON `operations` (`guest_id`);--> statement-breakpoint
CREATE INDEX `guests_name` ON `guests` (`name`);--> statement-breakpoint
CREATE INDEX `guests_tenant` ON `guests` (`tenant_id`);--> statement-breakpoint
CREATE INDEX `guests_host` ON `guests` (`host_id`);--> statement-breakpoint
CREATE INDEX `guests_zone` ON `guests` (`zone_id`);--> statement-breakpoint
CREATE INDEX `guests_status` ON `guests` (`status`);--> statement-breakpoint
CREATE INDEX `guests_target_host` ON `guests` (`target_host_id`) WHERE target_host_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `log_incident` ON `log` (`incident_id`) WHERE incident_id IS NOT NULL;