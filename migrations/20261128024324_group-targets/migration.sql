ALTER TABLE `load_balancers` ADD `scaling_targets` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `scaling_groups` ADD `health_check` text DEFAULT 'GUEST' NOT NULL;