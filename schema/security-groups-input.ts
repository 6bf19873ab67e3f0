import type { SecurityGroupId } from "../src/model/ids.ts";
import { inputId, refuse } from "./command.ts";

interface GroupsInput {
  readonly securityGroupIds?: readonly string[] | null | undefined;
  readonly securityGroups?: readonly string[] | null | undefined;
}

/** By id or by name; null when neither is given. Throws `Refused` for both. */
export function toGroups(input: GroupsInput): readonly (SecurityGroupId | string)[] | null {
  const { securityGroupIds, securityGroups } = input;
  if (securityGroupIds && securityGroups)
    throw refuse(
      "INVALID_INPUT",
      "Give securityGroupIds or securityGroups, not both.",
      "securityGroups",
    );
  const ids = securityGroupIds?.map((id, index) =>
    inputId("SecurityGroup", id, "securityGroupIds", String(index)),
  );
  return ids ?? securityGroups ?? null;
}
