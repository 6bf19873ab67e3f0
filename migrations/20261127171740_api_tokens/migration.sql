CREATE TABLE `api_tokens` (
	`id` integer PRIMARY KEY,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`tenant_id` integer,
	`secret_hash` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`expires_at_ms` integer,
	CONSTRAINT `fk_api_tokens_tenant_id_tenants_id_fk` FOREIGN KEY (`tenant_id`) REFERENCES `tenants`(`id`),
	CONSTRAINT "role_known" CHECK("role" = 'VIEWER' OR "role" = 'OPERATOR' OR "role" = 'ADMIN')
);
--> statement-breakpoint
CREATE INDEX `api_tokens_secret` ON `api_tokens` (`secret_hash`);--> statement-breakpoint
CREATE INDEX `api_tokens_tenant` ON `api_tokens` (`tenant_id`);