CREATE TABLE `load_balancer_telemetry` (
	`load_balancer_id` integer PRIMARY KEY,
	`traffic` text NOT NULL,
	`sampled_at_ms` integer NOT NULL,
	CONSTRAINT `fk_load_balancer_telemetry_load_balancer_id_load_balancers_id_fk` FOREIGN KEY (`load_balancer_id`) REFERENCES `load_balancers`(`id`) ON DELETE CASCADE
);
