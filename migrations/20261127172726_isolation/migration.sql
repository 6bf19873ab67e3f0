CREATE TABLE `security_groups` (
	`id` integer PRIMARY KEY,
	`name` text NOT NULL,
	`tenant_id` integer NOT NULL,
	`rules` text NOT NULL,
	CONSTRAINT `fk_security_groups_tenant_id_tenants_id_fk` FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`)
);
--> statement-breakpoint
ALTER TABLE `guest_telemetry` ADD `cpu_demand_millicores` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `guest_telemetry` ADD `cpu_stolen_millicores` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `flavors` ADD `allocation` text;--> statement-breakpoint
ALTER TABLE `guests` ADD `security_group_ids` text;--> statement-breakpoint
ALTER TABLE `guests` ADD `allocation` text;--> statement-breakpoint
CREATE INDEX `security_groups_tenant` ON `security_groups` (`tenant_id`);--> statement-breakpoint
INSERT INTO `security_groups` (`id`, `name`, `tenant_id`, `rules`)
SELECT `given`.`id`, 'default', `given`.`tenant_id`, json_array(
	json_object('direction', 'EGRESS', 'protocol', 'ANY', 'fromPort', NULL, 'toPort', NULL, 'remoteCidr', NULL, 'remoteGroupId', NULL),
	json_object('direction', 'INGRESS', 'protocol', 'ANY', 'fromPort', NULL, 'toPort', NULL, 'remoteCidr', NULL, 'remoteGroupId', `given`.`id`))
FROM (SELECT `next_id` + row_number() OVER (ORDER BY `tenants`.`id`) - 1 AS `id`, `tenants`.`id` AS `tenant_id` FROM `tenants`, `meta`) AS `given`;
--> statement-breakpoint
UPDATE `meta` SET `next_id` = `next_id` + (SELECT count(*) FROM `security_groups`);
--> statement-breakpoint
UPDATE `driver_state` SET `value` = json_set(`value`, '$.isolation', json_object('revision', 0, 'allocation', NULL, 'securityGroupIds', json_array((
	SELECT `security_groups`.`id` FROM `guests` JOIN `security_groups` ON `security_groups`.`tenant_id` = `guests`.`tenant_id`
	WHERE `guests`.`id` = CAST(substr(`key`, 13) AS INTEGER)))))
WHERE `driver` = 'simulated' AND `key` LIKE 'description:%';
