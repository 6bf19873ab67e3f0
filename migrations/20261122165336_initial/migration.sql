CREATE TABLE `driver_state` (
	`driver` text NOT NULL,
	`key` text NOT NULL,
	`value` text NOT NULL,
	CONSTRAINT `driver_state_pk` PRIMARY KEY(`driver`, `key`),
	CONSTRAINT "driver_known" CHECK("driver" = 'simulated' OR "driver" = 'libvirt')
);
--> statement-breakpoint
CREATE TABLE `guest_telemetry` (
	`guest_id` integer PRIMARY KEY,
	`cpu_millicores` integer NOT NULL,
	`memory_mib` integer NOT NULL,
	`sampled_at_ms` integer NOT NULL,
	CONSTRAINT `fk_guest_telemetry_guest_id_guests_id_fk` FOREIGN KEY (`guest_id`) REFERENCES `guests`(`id`) ON DELETE CASCADE
);
--> statement-breakpoint
CREATE TABLE `host_telemetry` (
	`host_id` integer PRIMARY KEY,
	`last_heartbeat_at_ms` integer NOT NULL,
	CONSTRAINT `fk_host_telemetry_host_id_hosts_id_fk` FOREIGN KEY (`host_id`) REFERENCES `hosts`(`id`) ON DELETE CASCADE
);
--> statement-breakpoint
CREATE TABLE `idempotency` (
	`actor` text NOT NULL,
	`key` text NOT NULL,
	`fingerprint` text NOT NULL,
	`result` text NOT NULL,
	`at_ms` integer NOT NULL,
	CONSTRAINT `idempotency_pk` PRIMARY KEY(`actor`, `key`)
);
--> statement-breakpoint
CREATE TABLE `log` (
	`seq` integer PRIMARY KEY,
	`epoch` text NOT NULL,
	`at_ms` integer NOT NULL,
	`kind` text NOT NULL,
	`category` text NOT NULL,
	`severity` text NOT NULL,
	`severity_rank` integer NOT NULL,
	`message` text NOT NULL,
	`subject_type` text,
	`subject_id` integer,
	`tenant_id` integer,
	`zone_id` integer,
	`cause_seq` integer,
	`actor` text NOT NULL,
	`payload` text NOT NULL,
	CONSTRAINT "category_known" CHECK("category" = 'INVENTORY' OR "category" = 'LIFECYCLE' OR "category" = 'PLACEMENT' OR "category" = 'HIGH_AVAILABILITY' OR "category" = 'FAILOVER' OR "category" = 'FAULT_TOLERANCE' OR "category" = 'DISASTER_RECOVERY' OR "category" = 'SCALING' OR "category" = 'LOAD_BALANCING' OR "category" = 'BALANCING' OR "category" = 'POWER' OR "category" = 'CAPACITY' OR "category" = 'SECURITY' OR "category" = 'SIMULATION'),
	CONSTRAINT "severity_known" CHECK("severity" = 'DEBUG' OR "severity" = 'INFO' OR "severity" = 'NOTICE' OR "severity" = 'WARNING' OR "severity" = 'ERROR' OR "severity" = 'CRITICAL')
);
--> statement-breakpoint
CREATE TABLE `meta` (
	`id` integer PRIMARY KEY,
	`epoch` text NOT NULL,
	`seq` integer NOT NULL,
	`earliest_seq` integer NOT NULL,
	`next_id` integer NOT NULL,
	`settings` text NOT NULL,
	`clock_ms` integer,
	CONSTRAINT "only_row" CHECK("id" = 1)
);
--> statement-breakpoint
CREATE TABLE `affinity_rules` (
	`id` integer PRIMARY KEY,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`strict` integer NOT NULL,
	`guest_ids` text NOT NULL,
	`hosts` text NOT NULL,
	`polarity` text,
	`scope` text,
	CONSTRAINT "kind_known" CHECK("kind" = 'HOST' OR "kind" = 'GUEST'),
	CONSTRAINT "polarity_known" CHECK("polarity" = 'TOGETHER' OR "polarity" = 'APART'),
	CONSTRAINT "scope_known" CHECK("scope" = 'HOST' OR "scope" = 'RACK' OR "scope" = 'ZONE')
);
--> statement-breakpoint
CREATE TABLE `data_centers` (
	`id` integer PRIMARY KEY,
	`name` text NOT NULL,
	`zone_id` integer NOT NULL,
	CONSTRAINT `fk_data_centers_zone_id_zones_id_fk` FOREIGN KEY (`zone_id`) REFERENCES `zones`(`id`)
);
--> statement-breakpoint
CREATE TABLE `failovers` (
	`id` integer PRIMARY KEY,
	`scope` text NOT NULL,
	`scope_type` text NOT NULL,
	`scope_id` integer NOT NULL,
	`started_at_ms` integer NOT NULL,
	`completed_at_ms` integer,
	`guests_affected` integer NOT NULL,
	`guests_recovered` integer NOT NULL,
	`guests_unrecovered` integer NOT NULL,
	`seq` integer NOT NULL,
	CONSTRAINT "scope_known" CHECK("scope" = 'HOST' OR "scope" = 'RACK' OR "scope" = 'DATA_CENTER' OR "scope" = 'ZONE' OR "scope" = 'REGION')
);
--> statement-breakpoint
CREATE TABLE `faults` (
	`id` integer PRIMARY KEY,
	`kind` text NOT NULL,
	`target_type` text NOT NULL,
	`target_id` integer NOT NULL,
	`injected_at_ms` integer NOT NULL,
	`until_ms` integer,
	`seq` integer NOT NULL,
	CONSTRAINT "kind_known" CHECK("kind" = 'HOST_POWER' OR "kind" = 'HOST_NETWORK' OR "kind" = 'HOST_HANG' OR "kind" = 'RACK_POWER' OR "kind" = 'ZONE_POWER' OR "kind" = 'ZONE_COOLING' OR "kind" = 'ZONE_NETWORK' OR "kind" = 'REGION_LOSS' OR "kind" = 'GUEST_CRASH' OR "kind" = 'GUEST_START_FAILS' OR "kind" = 'MIGRATION_FAILS' OR "kind" = 'STORAGE_STALL')
);
--> statement-breakpoint
CREATE TABLE `flavors` (
	`id` integer PRIMARY KEY,
	`name` text NOT NULL,
	`cpu_millicores` integer NOT NULL,
	`memory_mib` integer NOT NULL,
	`storage_gib` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `guests` (
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
	CONSTRAINT "status_known" CHECK("status" = 'PENDING' OR "status" = 'STARTING' OR "status" = 'RUNNING' OR "status" = 'MIGRATING' OR "status" = 'REBOOTING' OR "status" = 'SUSPENDING' OR "status" = 'SUSPENDED' OR "status" = 'RESUMING' OR "status" = 'STOPPING' OR "status" = 'STOPPED' OR "status" = 'LOST' OR "status" = 'RECOVERING' OR "status" = 'ERROR')
);
--> statement-breakpoint
CREATE TABLE `hosts` (
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
	CONSTRAINT `fk_hosts_zone_id_zones_id_fk` FOREIGN KEY (`zone_id`) REFERENCES `zones`(`id`),
	CONSTRAINT `fk_hosts_data_center_id_data_centers_id_fk` FOREIGN KEY (`data_center_id`) REFERENCES `data_centers`(`id`),
	CONSTRAINT `fk_hosts_rack_id_racks_id_fk` FOREIGN KEY (`rack_id`) REFERENCES `racks`(`id`),
	CONSTRAINT "driver_known" CHECK("driver" = 'simulated' OR "driver" = 'libvirt'),
	CONSTRAINT "status_known" CHECK("status" = 'UP' OR "status" = 'SUSPECT' OR "status" = 'FENCING' OR "status" = 'DOWN' OR "status" = 'DRAINING' OR "status" = 'MAINTENANCE' OR "status" = 'STANDBY')
);
--> statement-breakpoint
CREATE TABLE `images` (
	`id` integer PRIMARY KEY,
	`name` text NOT NULL,
	`boot_seconds` real
);
--> statement-breakpoint
CREATE TABLE `operations` (
	`id` integer PRIMARY KEY,
	`kind` text NOT NULL,
	`status` text NOT NULL,
	`guest_id` integer NOT NULL,
	`started_at_ms` integer NOT NULL,
	`finished_at_ms` integer,
	`error` text,
	`seq` integer NOT NULL,
	CONSTRAINT "kind_known" CHECK("kind" = 'START_GUEST' OR "kind" = 'STOP_GUEST' OR "kind" = 'SUSPEND_GUEST' OR "kind" = 'RESUME_GUEST' OR "kind" = 'REBOOT_GUEST' OR "kind" = 'RESIZE_GUEST' OR "kind" = 'MIGRATE_GUEST' OR "kind" = 'DELETE_GUEST'),
	CONSTRAINT "status_known" CHECK("status" = 'RUNNING' OR "status" = 'SUCCEEDED' OR "status" = 'FAILED' OR "status" = 'SUPERSEDED')
);
--> statement-breakpoint
CREATE TABLE `racks` (
	`id` integer PRIMARY KEY,
	`name` text NOT NULL,
	`data_center_id` integer NOT NULL,
	CONSTRAINT `fk_racks_data_center_id_data_centers_id_fk` FOREIGN KEY (`data_center_id`) REFERENCES `data_centers`(`id`)
);
--> statement-breakpoint
CREATE TABLE `regions` (
	`id` integer PRIMARY KEY,
	`name` text NOT NULL,
	`latitude` real,
	`longitude` real
);
--> statement-breakpoint
CREATE TABLE `tenants` (
	`id` integer PRIMARY KEY,
	`name` text NOT NULL,
	`quota_cpu_millicores` integer,
	`quota_memory_mib` integer,
	`quota_storage_gib` integer,
	`quota_guests` integer
);
--> statement-breakpoint
CREATE TABLE `zones` (
	`id` integer PRIMARY KEY,
	`name` text NOT NULL,
	`region_id` integer NOT NULL,
	`status` text NOT NULL,
	`power` text NOT NULL,
	`cooling` text NOT NULL,
	`network` text NOT NULL,
	`cause_seq` integer,
	CONSTRAINT `fk_zones_region_id_regions_id_fk` FOREIGN KEY (`region_id`) REFERENCES `regions`(`id`),
	CONSTRAINT "status_known" CHECK("status" = 'HEALTHY' OR "status" = 'DEGRADED' OR "status" = 'DOWN'),
	CONSTRAINT "power_known" CHECK("power" = 'UP' OR "power" = 'DOWN'),
	CONSTRAINT "cooling_known" CHECK("cooling" = 'UP' OR "cooling" = 'DOWN'),
	CONSTRAINT "network_known" CHECK("network" = 'UP' OR "network" = 'DOWN')
);
--> statement-breakpoint
CREATE INDEX `idempotency_at` ON `idempotency` (`at_ms`);--> statement-breakpoint
CREATE INDEX `log_subject` ON `log` (`subject_id`);--> statement-breakpoint
CREATE INDEX `log_cause` ON `log` (`cause_seq`);--> statement-breakpoint
CREATE INDEX `log_kind` ON `log` (`kind`);--> statement-breakpoint
CREATE INDEX `log_category` ON `log` (`category`);--> statement-breakpoint
CREATE INDEX `log_zone` ON `log` (`zone_id`);--> statement-breakpoint
CREATE INDEX `log_tenant` ON `log` (`tenant_id`);--> statement-breakpoint
CREATE INDEX `log_severity` ON `log` (`severity_rank`) WHERE severity_rank >= 2;--> statement-breakpoint
CREATE INDEX `data_centers_zone` ON `data_centers` (`zone_id`);--> statement-breakpoint
CREATE INDEX `faults_target` ON `faults` (`target_id`);--> statement-breakpoint
CREATE INDEX `guests_name` ON `guests` (`name`);--> statement-breakpoint
CREATE INDEX `guests_tenant` ON `guests` (`tenant_id`);--> statement-breakpoint
CREATE INDEX `guests_host` ON `guests` (`host_id`);--> statement-breakpoint
CREATE INDEX `guests_zone` ON `guests` (`zone_id`);--> statement-breakpoint
CREATE INDEX `guests_status` ON `guests` (`status`);--> statement-breakpoint
CREATE INDEX `guests_target_host` ON `guests` (`target_host_id`) WHERE target_host_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `hosts_name` ON `hosts` (`name`);--> statement-breakpoint
CREATE INDEX `hosts_zone` ON `hosts` (`zone_id`);--> statement-breakpoint
CREATE INDEX `hosts_data_center` ON `hosts` (`data_center_id`);--> statement-breakpoint
CREATE INDEX `hosts_rack` ON `hosts` (`rack_id`);--> statement-breakpoint
CREATE INDEX `operations_guest` ON `operations` (`guest_id`);--> statement-breakpoint
CREATE INDEX `racks_data_center` ON `racks` (`data_center_id`);--> statement-breakpoint
CREATE INDEX `regions_name` ON `regions` (`name`);--> statement-breakpoint
CREATE INDEX `tenants_name` ON `tenants` (`name`);--> statement-breakpoint
CREATE INDEX `zones_name` ON `zones` (`name`);--> statement-breakpoint
CREATE INDEX `zones_region` ON `zones` (`region_id`);