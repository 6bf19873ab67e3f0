import { create, type Folds, remove } from "./fold.ts";

export const isolationFolds = {
  SecurityGroupCreated: create("SecurityGroup"),
  SecurityGroupChanged: create("SecurityGroup"),
  SecurityGroupRemoved: remove("SecurityGroup"),
  GuestSecurityGroupsChanged: (state, { payload }) =>
    state.tables.Guest.patch(payload.guest, payload.definition),
  GuestAllocationChanged: (state, { payload }) =>
    state.tables.Guest.patch(payload.guest, payload.definition),
} satisfies Folds;
