/** The whole schema: each module hangs its noun on the builder when it is loaded. */
import "./affinity-rule.ts";
import "./apply-fleet.ts";
import "./availability-fields.ts";
import "./event-types.ts";
import "./explain-placement.ts";
import "./failover.ts";
import "./fault-mutations.ts";
import "./fleet.ts";
import "./flavor.ts";
import "./guest-mutations.ts";
import "./image.ts";
import "./links.ts";
import "./node.ts";
import "./operation.ts";
import "./placement.ts";
import "./reason.ts";
import "./recovery.ts";
import "./region.ts";
import "./scalars.ts";
import "./simulation.ts";
import "./subscriptions.ts";
import "./tenant.ts";
import "./viewer.ts";
import { builder } from "./builder.ts";

export const schema = builder.toSchema();
