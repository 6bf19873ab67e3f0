ALTER TABLE `scaling_groups` ADD `newest_revision` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `scaling_groups` ADD `previous_template` text;--> statement-breakpoint
ALTER TABLE `scaling_groups` ADD `refresh` text;--> statement-breakpoint
ALTER TABLE `scaling_groups` ADD `lifecycle_hooks` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
UPDATE `scaling_groups` SET `newest_revision` = `template_revision`;
--> statement-breakpoint
UPDATE `guests` SET `membership` = json_remove(json_set(`membership`,
	'$.launchedAtMs', CASE WHEN json_extract(`membership`, '$.hasRun') THEN ifnull(json_extract(`membership`, '$.runsSinceMs'), `created_at_ms`) END,
	'$.lifecycle', NULL), '$.hasRun')
WHERE `membership` IS NOT NULL;
