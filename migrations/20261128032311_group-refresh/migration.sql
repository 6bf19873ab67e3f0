ALTER TABLE `scaling_groups` ADD `newest_revision` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `scaling_groups` ADD `previous_template` text;--> statement-breakpoint
ALTER TABLE `scaling_groups` ADD `refresh` text;--> statement-breakpoint
UPDATE `scaling_groups` SET `newest_revision` = `template_revision`;
