import type { Settings } from "../../model/settings.ts";
import type { State } from "../state.ts";
import { create, type Folds, nothing, remove } from "./fold.ts";

/**
 * A host may have heard of either of these times or of neither, until it is heard of: each that grows
 * makes the proof by time longer, and none that shrinks makes it shorter.
 */
function lengthenWatchdogs(state: State, old: Settings, now: Settings): void {
  const growthMs = (of: "watchdogSeconds" | "heartbeatSeconds") =>
    Math.max(0, Math.ceil((now[of] - old[of]) * 1000));
  const longerMs = growthMs("watchdogSeconds") + growthMs("heartbeatSeconds");
  if (longerMs === 0) return;
  for (const { id, watchdogMs } of state.tables.Host.sorted())
    if (watchdogMs !== null) state.tables.Host.patch(id, { watchdogMs: watchdogMs + longerMs });
}

function forgetOverloads({ tables }: State): void {
  for (const { id, overload } of tables.Host.sorted())
    if (overload !== null) tables.Host.patch(id, { overload: null });
}

export const inventoryFolds = {
  FleetApplied: nothing,
  CommandAudited: nothing,
  SettingsChanged: (state, { payload }) => {
    lengthenWatchdogs(state, state.meta.settings, payload.definition);
    state.setMeta({ settings: payload.definition });
    // Nobody would find out that it is over.
    if (payload.definition.balancing === "OFF") forgetOverloads(state);
  },
  RegionCreated: create("Region"),
  RegionChanged: create("Region"),
  RegionRemoved: remove("Region"),
  ZoneCreated: create("Zone"),
  ZoneChanged: (state, { payload }) => state.tables.Zone.patch(payload.zone, payload.definition),
  ZoneRemoved: remove("Zone"),
  DataCenterCreated: create("DataCenter"),
  DataCenterRemoved: remove("DataCenter"),
  RackCreated: create("Rack"),
  RackRemoved: remove("Rack"),
  HostAdded: create("Host"),
  HostChanged: (state, { payload }) =>
    state.tables.Host.patch(payload.host, {
      capacity: payload.capacity,
      // Older logs know of none.
      powerWatts: payload.definition?.powerWatts ?? null,
    }),
  HostRemoved: (state, event) => {
    const { host } = event.payload;
    for (const guest of state.tables.Guest.sorted())
      if (guest.displacedFromHostId === host)
        state.tables.Guest.patch(guest.id, { displacedFromHostId: null });
    remove("Host")(state, event);
  },
  TenantCreated: create("Tenant"),
  TenantQuotaChanged: (state, { payload }) =>
    state.tables.Tenant.patch(payload.tenant, { quota: payload.quota }),
  TenantRemoved: remove("Tenant"),
  ApiTokenCreated: create("ApiToken"),
  ApiTokenRevoked: remove("ApiToken"),
  FlavorCreated: create("Flavor"),
  FlavorChanged: (state, { payload }) =>
    state.tables.Flavor.patch(payload.flavor, {
      resources: payload.resources,
      // Older logs know of none.
      allocation: payload.allocation ?? null,
    }),
  FlavorRemoved: remove("Flavor"),
  ImageCreated: create("Image"),
  ImageChanged: create("Image"),
  ImageRemoved: remove("Image"),
  AffinityRuleCreated: create("AffinityRule"),
  AffinityRuleChanged: create("AffinityRule"),
  AffinityRuleRemoved: remove("AffinityRule"),
  AffinityRuleDisabled: (state, { payload }) =>
    state.tables.AffinityRule.patch(payload.rule, {
      contradicts: payload.reasons.flatMap(({ ruleId }) => (ruleId === undefined ? [] : [ruleId])),
    }),
  AffinityRuleEnabled: (state, { payload }) =>
    state.tables.AffinityRule.patch(payload.rule, { contradicts: [] }),
} satisfies Folds;
