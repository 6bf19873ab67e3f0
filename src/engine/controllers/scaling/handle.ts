import type { Command, Outcome } from "../../../model/commands.ts";
import type { Context } from "../../context.ts";
import {
  createScalingGroup,
  deleteScalingGroup,
  putMetric,
  setDesiredCapacity,
  setMemberHealth,
  setScaleInProtection,
  updateScalingGroup,
} from "./commands.ts";
import { completeLifecycleAction, recordLifecycleHeartbeat } from "./lifecycle-commands.ts";
import { cancelGroupRefresh, rollBackGroupRefresh, startGroupRefresh } from "./refresh-commands.ts";

const VERBS = {
  CREATE_SCALING_GROUP: createScalingGroup,
  UPDATE_SCALING_GROUP: updateScalingGroup,
  DELETE_SCALING_GROUP: deleteScalingGroup,
  SET_DESIRED_CAPACITY: setDesiredCapacity,
  START_GROUP_REFRESH: startGroupRefresh,
  CANCEL_GROUP_REFRESH: cancelGroupRefresh,
  ROLL_BACK_GROUP_REFRESH: rollBackGroupRefresh,
  SET_SCALE_IN_PROTECTION: setScaleInProtection,
  SET_MEMBER_HEALTH: setMemberHealth,
  COMPLETE_LIFECYCLE_ACTION: completeLifecycleAction,
  RECORD_LIFECYCLE_HEARTBEAT: recordLifecycleHeartbeat,
  PUT_METRIC: putMetric,
} as const;

type ScalingCommand = Extract<Command, { kind: keyof typeof VERBS }>;

export function isScaling(command: Command): command is ScalingCommand {
  return command.kind in VERBS;
}

export function handleScaling(ctx: Context, command: ScalingCommand): Outcome {
  return VERBS[command.kind](ctx, command as never);
}
