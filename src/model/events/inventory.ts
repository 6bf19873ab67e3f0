import { type EventSpec, event } from "./field-types.ts";

export const INVENTORY_EVENTS = {
  FleetApplied: event(
    "INVENTORY",
    "INFO",
    "Fleet document applied: {created} created, {updated} updated, {deleted} deleted",
    { created: "int", updated: "int", deleted: "int" },
  ),
  SettingsChanged: event("INVENTORY", "NOTICE", "Settings changed: {changes}", {
    changes: "strings",
    definition: "settingsDefinition",
  }),
  RegionCreated: event("INVENTORY", "INFO", "Region {region} created", {
    region: "Region",
    definition: "regionDefinition",
  }),
  RegionChanged: event("INVENTORY", "INFO", "Region {region} changed: {changes}", {
    region: "Region",
    changes: "strings",
    definition: "regionDefinition",
  }),
  RegionRemoved: event("INVENTORY", "NOTICE", "Region {region} removed", { region: "Region" }),
  ZoneCreated: event("INVENTORY", "INFO", "Zone {zone} created", {
    zone: "Zone",
    definition: "zoneDefinition",
  }),
  ZoneChanged: event("INVENTORY", "INFO", "Zone {zone} changed: {changes}", {
    zone: "Zone",
    changes: "strings",
    definition: "zonePolicyDefinition",
  }),
  ZoneRemoved: event("INVENTORY", "NOTICE", "Zone {zone} removed", { zone: "Zone" }),
  DataCenterCreated: event("INVENTORY", "INFO", "Data center {dataCenter} created", {
    dataCenter: "DataCenter",
    definition: "dataCenterDefinition",
  }),
  DataCenterRemoved: event("INVENTORY", "NOTICE", "Data center {dataCenter} removed", {
    dataCenter: "DataCenter",
  }),
  RackCreated: event("INVENTORY", "INFO", "Rack {rack} created", {
    rack: "Rack",
    definition: "rackDefinition",
  }),
  RackRemoved: event("INVENTORY", "NOTICE", "Rack {rack} removed", { rack: "Rack" }),
  HostAdded: event("INVENTORY", "INFO", "Host {host} added", {
    host: "Host",
    definition: "hostDefinition",
  }),
  HostChanged: event("INVENTORY", "INFO", "Host {host} changed: {changes}", {
    host: "Host",
    changes: "strings",
    capacity: "resources",
    definition: "powerDefinition?",
  }),
  HostRemoved: event("INVENTORY", "NOTICE", "Host {host} removed", { host: "Host" }),
  TenantCreated: event("INVENTORY", "INFO", "Tenant {tenant} created", {
    tenant: "Tenant",
    definition: "tenantDefinition",
  }),
  TenantQuotaChanged: event("INVENTORY", "NOTICE", "Quota of tenant {tenant} changed: {changes}", {
    tenant: "Tenant",
    changes: "strings",
    quota: "quotaDefinition",
  }),
  TenantRemoved: event("INVENTORY", "NOTICE", "Tenant {tenant} removed", { tenant: "Tenant" }),
  FlavorCreated: event("INVENTORY", "INFO", "Flavor {flavor} created", {
    flavor: "Flavor",
    definition: "flavorDefinition",
  }),
  FlavorChanged: event("INVENTORY", "INFO", "Flavor {flavor} changed: {changes}", {
    flavor: "Flavor",
    changes: "strings",
    resources: "resources",
    allocation: "allocationDefinition?",
  }),
  FlavorRemoved: event("INVENTORY", "NOTICE", "Flavor {flavor} removed", { flavor: "Flavor" }),
  ImageCreated: event("INVENTORY", "INFO", "Image {image} created", {
    image: "Image",
    definition: "imageDefinition",
  }),
  ImageChanged: event("INVENTORY", "INFO", "Image {image} changed: {changes}", {
    image: "Image",
    changes: "strings",
    definition: "imageDefinition",
  }),
  ImageRemoved: event("INVENTORY", "NOTICE", "Image {image} removed", { image: "Image" }),
  AffinityRuleCreated: event("INVENTORY", "INFO", "Affinity rule {rule} created", {
    rule: "AffinityRule",
    definition: "ruleDefinition",
  }),
  AffinityRuleChanged: event("INVENTORY", "INFO", "Affinity rule {rule} changed: {changes}", {
    rule: "AffinityRule",
    changes: "strings",
    definition: "ruleDefinition",
  }),
  AffinityRuleRemoved: event("INVENTORY", "NOTICE", "Affinity rule {rule} removed", {
    rule: "AffinityRule",
  }),
  AffinityRuleDisabled: event(
    "INVENTORY",
    "ERROR",
    "Affinity rule {rule} is not obeyed: {reasons}",
    { rule: "AffinityRule", reasons: "reasons" },
  ),
  AffinityRuleEnabled: event("INVENTORY", "NOTICE", "Affinity rule {rule} is obeyed again", {
    rule: "AffinityRule",
  }),
} as const satisfies Record<string, EventSpec>;
