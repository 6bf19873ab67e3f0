/** The tabs that GraphiQL opens with. Each runs as it stands; ids come from the fleet that is served. */

export interface ExampleNames {
  /** The zone with the most guests, for a fault that shows something. */
  readonly zoneId: string;
  readonly zone: string;
  readonly flavor: string;
  /** One that has guests, for maintenance. */
  readonly hostId: string;
}

export interface ExampleTab {
  readonly query: string;
  readonly variables?: string;
}

const OVERVIEW = `# The fleet at a glance.
# Press the play button, or Ctrl+Enter.
query Overview {
  head
  fleet {
    hostsUp
    hostsTotal
    guestsRunning
    guestsTotal
    guests { status count }
  }
  regions {
    nodes {
      name
      zones {
        nodes {
          name
          status
          power
          capacity {
            hostsUp
            hostsTotal
            guestsRunning
            free { cpuCores memoryMiB }
          }
        }
      }
    }
  }
}
`;

const WATCH = `# Every event from now on, as it happens. Start it,
# inject a fault in the next tab, and come back.
# With an event's cursor as $after it goes on from
# there and misses nothing.
subscription Watch($after: Cursor) {
  events(after: $after, filter: { minSeverity: NOTICE }) {
    cursor
    occurredAt
    severity
    message
  }
}
`;

const INJECT = `# Takes the power from a zone of the simulated world.
# Its batteries last a little. Then its hosts die, are
# fenced, and their guests start elsewhere.
# ClearFault gives the power back.
mutation InjectFault($zone: ID!) {
  injectFault(input: { targetId: $zone, kind: ZONE_POWER }) {
    __typename
    ... on InjectFaultPayload {
      cursor
      fault { id kind injectedAt }
    }
    ... on Error { code message path }
  }
}

mutation ClearFault($zone: ID!) {
  clearFault(input: { targetId: $zone, kind: ZONE_POWER }) {
    __typename
    ... on ClearFaultPayload { cursor }
    ... on Error { code message path }
  }
}
`;

const FAILOVERS = `# What failed over, from where to where, for how long
# it was down, and what had led to it.
query Failovers {
  failovers(last: 5) {
    totalCount
    nodes {
      domain
      scope {
        ... on Zone { name }
        ... on Host { name }
        ... on Rack { name }
      }
      startedAt
      completedAt
      guestsAffected
      guestsRecovered
      guestsUnrecovered
    }
  }
  events(last: 10, filter: { kinds: [GUEST_FAILED_OVER] }) {
    totalCount
    nodes {
      occurredAt
      ... on GuestFailedOver {
        guest { name }
        fromHost { name zone { name } }
        toHost { name zone { name } }
        downtimeMs
      }
      # From the guest's recovery back to the root: the fault.
      causes { message }
    }
  }
}
`;

const PLACEMENT = `# Where would a guest like this go, and what does each
# host say to it? And why are others where they are?
query Placement($flavor: String!) {
  explainPlacement(input: { flavor: $flavor }) {
    host { name zone { name } }
    feasibleHosts
    verdicts(first: 5) {
      host { name }
      feasible
      score
      scores { scorer value }
      rejectedBy { code message }
    }
    blockedBy { code message }
  }
  guests(first: 5, filter: { statuses: [RUNNING] }) {
    nodes {
      name
      placement {
        host { name }
        decidedAt
        score
        hostsExamined
        hostsNotExamined
      }
    }
  }
}
`;

const AVAILABILITY = `# Measured from the event log: the guests' time up and
# down, of a zone in the last day, of each in an hour.
query Availability($zone: String!) {
  zone(name: $zone) {
    name
    availability { from to upSeconds downSeconds ratio nines outages longestOutageSeconds }
    guests(first: 10) {
      nodes {
        name
        status
        availability(window: { seconds: 3600 }) { upSeconds downSeconds ratio nines outages }
      }
    }
  }
}
`;

const ELASTICITY = `# A scaling group follows its requests, each minute anew:
# its steps and the numbers that led to them, and how
# quickly guests come up that are asked for.
query Elasticity {
  scalingGroups {
    nodes {
      name min max size running
      held { policy reason { message advice } }
      targetGroups { name algorithm }
    }
  }
  events(last: 6, filter: { kinds: [GROUP_SCALED_OUT, GROUP_SCALED_IN, SCALING_HELD] }) {
    nodes { occurredAt message }
  }
  agilityReport { starts p50Seconds p99Seconds }
}
`;

const COST = `# What the fleet used in a day, and what it saved by sharing
# machines, by standby and by groups that breathe.
query Cost {
  costReport {
    energyKwh
    consolidationRatio
    oneToAMachine { savedHostHours savedEnergyKwh }
    standby { savedEnergyKwh }
    elasticity { memberHours savedMemberHours }
  }
}
`;

const MAINTENANCE = `# What would not come back if any one zone were lost
# now? Then take a host out of service: its guests leave
# by live migration, and return when it is given back.
query WhatIf {
  capacityReport(losing: ZONE) {
    tolerated
    guestsAtRisk
    losses(first: 5) {
      scope { ... on Zone { name } }
      hosts
      guestsAffected
      guestsLeftBehind
      leftBehind(first: 5) { guest { name } reasons { message advice } }
    }
  }
}

mutation Maintain($host: ID!) {
  setMaintenance(input: { hostId: $host, enabled: true }) {
    __typename
    ... on SetMaintenancePayload {
      host { name status }
      operation { id status }
    }
    ... on Error { code message path }
  }
}

query Maintained($host: ID!) {
  node(id: $host) {
    ... on Host {
      name
      status
      reasons { message advice }
      guests { nodes { name status moveBlockedBy { message advice } } }
    }
  }
}

mutation EndMaintenance($host: ID!) {
  setMaintenance(input: { hostId: $host, enabled: false }) {
    __typename
    ... on SetMaintenancePayload { host { name status } }
    ... on Error { code message path }
  }
}
`;

export function exampleTabs({ zoneId, zone, flavor, hostId }: ExampleNames): ExampleTab[] {
  const json = (value: object) => JSON.stringify(value, null, 2);
  return [
    { query: OVERVIEW },
    { query: WATCH },
    { query: INJECT, variables: json({ zone: zoneId }) },
    { query: FAILOVERS },
    { query: ELASTICITY },
    { query: COST },
    { query: PLACEMENT, variables: json({ flavor }) },
    { query: MAINTENANCE, variables: json({ host: hostId }) },
    { query: AVAILABILITY, variables: json({ zone }) },
  ];
}
