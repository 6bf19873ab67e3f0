import type { ReasonCode } from "./statuses.ts";

/** What a person can do about a reason. A reason says what is the matter; this is the way out of it. */
export const ADVICE: Readonly<Record<ReasonCode, string>> = {
  NO_HOSTS: "Add hosts: apply a fleet document that has some.",
  HOST_NOT_UP:
    "Bring hosts back: mend their power or network, or switch them on (powerOnHost). Host.reasons tells what each one lacks.",
  HOST_IN_MAINTENANCE:
    "End the maintenance (setMaintenance), or wait until the host is back from its reboot. Host.reasons tells which it is.",
  INSUFFICIENT_CPU:
    "Make room: add a host, stop or resize guests, or raise cpuAllocationRatio in the settings.",
  INSUFFICIENT_MEMORY:
    "Make room: add a host, stop or resize guests, or raise memoryAllocationRatio in the settings.",
  INSUFFICIENT_STORAGE: "Make room: add a host, or delete or resize guests.",
  RESERVED_BY_OTHERS:
    "Reserve less for this guest or for others (setGuestAllocation), move others away, or add a host: no host promises more than it has, whatever its allocation ratios.",
  AFFINITY_RULE:
    "Change the rule in the fleet document: more hosts to choose from, `strict: false`, or `disabled: true`.",
  DEPENDENCY_NOT_RUNNING:
    "Find out why the guest that it waits for is not running (explain that one), or take it out of dependsOn.",
  DEPENDENCY_CYCLE: "Take one of these guests out of the dependsOn of another.",
  DEPENDENCY_NOT_READY:
    "Nothing: it starts by itself once that guest has run for its readyAfterSeconds.",
  WAITING_FOR_FENCE:
    "Wait: nothing starts elsewhere before the host is proven dead, by a fence or by its watchdog's time where that is known. If the host is well, mend its network; if no fence reaches it, mend its management controller: a fence is tried again and again. If it is off for certain, an admin can say so (confirmHostDead).",
  IN_PROGRESS: "Wait for it; an order that gets no answer is repeated after actionTimeoutSeconds.",
  BACKING_OFF: "Mend what the error says; it is tried again by itself at Guest.retryAt.",
  RESTARTS_EXHAUSTED:
    "Mend what kept it from running, then start it (startGuest). maxRestarts and maxRelocations say how often it is tried.",
  DRIVER_ERROR:
    "Look at what the host's driver says. A host that answers nothing can be fenced (fenceHost), if what else runs there can be lost. A start without an answer is ended by stopGuest, and begun anew by startGuest. An order that is under way is repeated by itself; on a host that was given up the guest is tried again when you start it anew (startGuest).",
  DRIVER_UNSUPPORTED: "Do it another way, or on a host with another driver.",
  ALREADY_HERE: "Nothing, or name another host.",
  HOST_HELD_OFF:
    "Find out why the host keeps losing contact, or does not answer (is its storage well?). It takes guests again at Host.heldUntil, or once it answers; setMaintenance keeps it free of guests until it is mended.",
  ZONE_FAILING:
    "Bring the zone's power or cooling back; until then its hosts are being emptied, not filled.",
  STARTS_LIMITED:
    "Wait for its turn; startsPerHost in the settings says how many boot on one host at a time.",
  MIGRATIONS_LIMITED:
    "Wait for its turn; migrationsPerHost in the settings says how many move at a time.",
  ADMISSION_CONTROL:
    "Add hosts or stop guests, or lower `tolerate` (in the settings or of the zone), which keeps room free for a loss.",
  PREEMPTED:
    "Add hosts or stop guests: it starts again as soon as there is room. `preemptible: false` keeps it from making way.",
  PREEMPTING: "Wait: guests of lower priority are stopping to make room for it.",
  FROZEN_WITH_HOST:
    "Switch the host on (powerOnHost), or start the guest (startGuest) to have it run elsewhere.",
  DISARMED: "Arm high availability again (setHighAvailability).",
  OUT_OF_CONTACT:
    "Mend the network between this server and its hosts, on whichever side it failed: the first host to be heard of ends the wait.",
  TAKING_STOCK: "Nothing: it goes on by itself within suspectAfterSeconds.",
  SUSPENDED: "Resume it (resumeGuest).",
  HOST_WAKING: "Wait: it starts as soon as the host that is woken for it is up.",
  HOST_CROWDED: "Nothing: a host is woken for it. `powerManagement: OFF` keeps all hosts up.",
  NO_RELIEF:
    "Add hosts, wake those that are off, resize or stop guests, or relax the rules that keep them on this host.",
  RULE_CONTRADICTION: "Change or disable one of the rules that contradict each other.",
  CHECK_FAILED:
    "Look at what the guest answers to the health check of its target group, at that port and path; it gets requests again after healthyThreshold checks that pass.",
  CHECK_PENDING: "Nothing: it gets requests once a health check has passed.",
  TARGET_FLAPPING:
    "Find out why its health checks pass and fail in turn (too little CPU, a timeoutSeconds that is too short?). It gets requests again once it has stayed well for as long as it says.",
  GUEST_NOT_RUNNING: "Start the guest (startGuest), or find out why it does not run (explain it).",
  TARGET_GROUP_UNUSED: "Have a listener use the target group, or remove it (updateLoadBalancer).",
  TARGET_LEAVING:
    "Nothing: what it has begun it may finish within drainSeconds of its target group.",
  GROUP_ZONES: "Add hosts to the zones of its scaling group, or give the group other zones.",
  COOLDOWN:
    "Nothing: it is looked at again with each sample. cooldownSeconds of the group says how long it rests after a step.",
  AT_MIN: "Nothing, or lower the group's min.",
  AT_MAX: "Raise the group's max if it is to get larger.",
  OVER_QUOTA: "Raise the tenant's quota (setQuota), or delete guests of the tenant.",
  NO_CAPACITY:
    "Make room: add hosts or stop other guests. Guest.blockedBy of its members tells what each one waits for.",
  METRICS_MISSING:
    "Find out why no samples come: from the drivers of its members' hosts or of its load balancers, or from whoever pushes them (putMetric). Requests are counted where the group is in a target group (registerTargets).",
  FORECAST_LEARNING:
    "Nothing: the policy learns from the samples of a day before it says anything. Until then others move the group.",
  SCALE_IN_PROTECTED: "Take the protection from some of its members (setScaleInProtection).",
  TOO_FEW_HEALTHY:
    "Find out why members don't serve, wait until they do, or start a refresh with another minHealthyPercent.",
  LIFECYCLE_HOOK:
    "Complete the hook (completeLifecycleAction), or wait until it times out. Guest.lifecycle tells for which one it waits.",
  ZONE_DOWN:
    "Bring the zone back. Until then the group gets no smaller by itself, because what its members there would have to do is not known.",
};
