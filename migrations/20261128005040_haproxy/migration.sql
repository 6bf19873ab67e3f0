ALTER TABLE `load_balancer_targets` ADD `address` text;--> statement-breakpoint
ALTER TABLE `load_balancers` ADD `socket_path` text;