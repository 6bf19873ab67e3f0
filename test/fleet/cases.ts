// Documents with a mistake each, as YAML, and what is said of it: a row is a case.

export interface Case {
  readonly name: string;
  readonly text: string;
  /** `line:column message` of each problem, in order. */
  readonly problems: readonly string[];
  /** The mistake is one that the JSON Schema describes, so that any validator finds it. */
  readonly inSchema: boolean;
}

function shape(name: string, text: string, ...problems: string[]): Case {
  return { name, text, problems, inSchema: true };
}

function beyondSchema(name: string, text: string, ...problems: string[]): Case {
  return { name, text, problems, inSchema: false };
}

const host = "cpuCores: 4, memoryMiB: 8192, storageGiB: 100";

function inDataCenter(hosts: string): string {
  return `regions:
  - name: r
    zones:
      - name: z
        dataCenters:
          - name: d
            hosts:
${hosts}`;
}

function guest(keys: string): string {
  return `guests:\n  - { name: g, image: i, ${keys} }`;
}

const hostPath = "regions[0].zones[0].dataCenters[0].hosts";

export const CASES: readonly Case[] = [
  // Kinds of values
  shape("a document that is text", "hello", '1:1 must be a group of keys and values, not "hello"'),
  shape("a document that is a list", "- a", "1:1 must be a group of keys and values, not a list"),
  shape(
    "a list that is a group",
    "guests: { name: g }",
    "1:1 guests: must be a list, not a group of keys and values",
  ),
  shape("a key without a value", "regions:", "1:1 regions: must be a list, not empty"),
  shape(
    "an item that is text",
    "images:\n  - linux",
    '2:5 images[0]: must be a group of keys and values, not "linux"',
  ),
  shape(
    "a number for a name",
    "images:\n  - { name: 7 }",
    "2:13 images[0].name: must be text, not 7; put it in quotes",
  ),
  shape("an empty name", "images:\n  - name: ''", "2:11 images[0].name: is empty"),
  shape(
    "a name that URLs can't carry",
    "images:\n  - name: a/b",
    "2:11 images[0].name: may hold letters, digits, '.', '_', ':' and '-', and starts and ends with a letter or digit: \"a/b\"",
  ),
  shape(
    "a name that is too long",
    `images:\n  - name: ${"x".repeat(129)}`,
    "2:11 images[0].name: is longer than 128 characters",
  ),
  shape(
    "a word for a truth",
    "settings: { balanceOnStart: yes }",
    '1:29 settings.balanceOnStart: must be true or false, not "yes"',
  ),
  // Numbers
  shape(
    "a negative count",
    guest("flavor: f, count: -3"),
    "2:44 guests[0].count: must be a whole number of at least 1, not -3",
  ),
  shape(
    "a count of none",
    guest("flavor: f, count: 0"),
    "2:44 guests[0].count: must be a whole number of at least 1, not 0",
  ),
  shape(
    "a count in quotes",
    guest('flavor: f, count: "3"'),
    '2:44 guests[0].count: must be a whole number of at least 1, not "3"; write it without quotes',
  ),
  shape(
    "a huge count",
    guest("flavor: f, count: 1000000000"),
    "2:44 guests[0].count: must be at most 100000, not 1000000000",
  ),
  shape(
    "half a MiB",
    "flavors:\n  - { name: f, cpuCores: 1, memoryMiB: 0.5, storageGiB: 1 }",
    "2:40 flavors[0].memoryMiB: must be a whole number of at least 1, not 0.5",
  ),
  shape(
    "negative and huge sizes",
    "flavors:\n  - { name: f, cpuCores: -1, memoryMiB: 1e30, storageGiB: -5 }",
    "2:26 flavors[0].cpuCores: must be a number of at least 0.001, not -1",
    "2:41 flavors[0].memoryMiB: must be at most 1073741824, not 1e+30",
    "2:59 flavors[0].storageGiB: must be a whole number of at least 0, not -5",
  ),
  shape(
    "numbers that are none",
    "flavors:\n  - { name: f, cpuCores: .nan, memoryMiB: .inf, storageGiB: 4GiB }",
    "2:26 flavors[0].cpuCores: must be a number of at least 0.001, not NaN",
    "2:43 flavors[0].memoryMiB: must be a whole number of at least 1, not Infinity",
    '2:61 flavors[0].storageGiB: must be a whole number of at least 0, not "4GiB"',
  ),
  beyondSchema(
    "a core in too many parts",
    "flavors:\n  - { name: f, cpuCores: 0.0625, memoryMiB: 1, storageGiB: 1 }",
    "2:26 flavors[0].cpuCores: may have three decimals, not 0.0625",
  ),
  shape(
    "a place off the earth",
    "regions:\n  - name: r\n    location: { latitude: 91, longitude: 0 }",
    "3:27 regions[0].location.latitude: must be a number from -90 to 90, not 91",
  ),
  // Keys
  shape(
    "a key that is nearly right",
    inDataCenter("              - { name: h, cpuCores: 4, memoryMib: 8192, storageGiB: 100 }"),
    `8:17 ${hostPath}[0]: the key \`memoryMiB\` is missing`,
    `8:41 ${hostPath}[0].memoryMib: unknown key \`memoryMib\`; did you mean \`memoryMiB\`?`,
  ),
  shape("a key like no other", "gremlins: []", "1:1 gremlins: unknown key `gremlins`"),
  shape("a key that objects have", "constructor: 1", "1:1 constructor: unknown key `constructor`"),
  shape("a key that prototypes have", "__proto__: {}", "1:1 __proto__: unknown key `__proto__`"),
  shape("a missing name", "images:\n  - {}", "2:5 images[0]: the key `name` is missing"),
  shape(
    "half a location",
    "regions:\n  - name: r\n    location:\n      latitude: 1",
    "3:5 regions[0].location: the key `longitude` is missing",
  ),
  // Choices
  shape(
    "an unknown priority",
    guest("flavor: f, priority: HIHG"),
    '2:47 guests[0].priority: must be LOW, MEDIUM, HIGH or CRITICAL, not "HIHG"; did you mean HIGH?',
  ),
  shape(
    "an unknown state",
    guest("flavor: f, desired: running"),
    '2:46 guests[0].desired: must be RUNNING or STOPPED, not "running"; did you mean RUNNING?',
  ),
  shape(
    "neither a flavor nor resources",
    "guests:\n  - name: g\n    image: i",
    "2:5 guests[0]: needs `flavor` or `resources`",
  ),
  shape(
    "a flavor and resources",
    guest("flavor: f, resources: { cpuCores: 1, memoryMiB: 1, storageGiB: 1 }"),
    "2:5 guests[0]: has both `flavor` and `resources`; give one of them",
  ),
  shape(
    "an unknown power model",
    inDataCenter(`              - { name: h, ${host}, powerModel: hp-proliant-ml110-g6 }`),
    `8:87 ${hostPath}[0].powerModel: must be hp-proliant-ml110-g4, hp-proliant-ml110-g5 or ibm-x3550-m3-x5675, not "hp-proliant-ml110-g6"; did you mean hp-proliant-ml110-g4?`,
  ),
  shape(
    "a power model of another kind",
    inDataCenter(`              - { name: h, ${host}, powerModel: 200 }`),
    `8:87 ${hostPath}[0].powerModel: must be hp-proliant-ml110-g4, hp-proliant-ml110-g5, ibm-x3550-m3-x5675 or a list of 11 numbers, not 200`,
  ),
  shape(
    "too few watts",
    inDataCenter(`              - { name: h, ${host}, powerModel: [100, 200] }`),
    `8:75 ${hostPath}[0].powerModel: must hold 11 items, not 2`,
  ),
  shape(
    "watts that are none",
    inDataCenter(
      `              - { name: h, ${host}, powerModel: [-1, .nan, 0, 0, 0, 0, 0, 0, 0, 0, .inf] }`,
    ),
    `8:88 ${hostPath}[0].powerModel[0]: must be a number of at least 0, not -1`,
    `8:92 ${hostPath}[0].powerModel[1]: must be a number of at least 0, not NaN`,
    `8:122 ${hostPath}[0].powerModel[10]: must be a number of at least 0, not Infinity`,
  ),
  beyondSchema(
    "watts that fall",
    inDataCenter(
      `              - { name: h, ${host}, powerModel: [50, 60, 59.5, 80, 90, 100, 110, 120, 130, 140, 139] }`,
    ),
    `8:96 ${hostPath}[0].powerModel[2]: must not be below the 60 W of the point before it, as 59.5 is`,
    `8:135 ${hostPath}[0].powerModel[10]: must not be below the 140 W of the point before it, as 139 is`,
  ),
  shape(
    "an unknown driver",
    inDataCenter(`              - { name: h, ${host}, driver: xen }`),
    `8:83 ${hostPath}[0].driver: must be simulated or { libvirt }, not "xen"`,
  ),
  shape(
    "a driver that lacks its address",
    inDataCenter(`              - { name: h, ${host}, driver: { libvirt: {} } }`),
    `8:85 ${hostPath}[0].driver.libvirt: the key \`uri\` is missing`,
  ),
  shape(
    "an address that is no URI",
    inDataCenter(`              - { name: h, ${host}, driver: { libvirt: { uri: somewhere } } }`),
    `8:101 ${hostPath}[0].driver.libvirt.uri: must be a connection URI, as \`qemu+ssh://host/system\`: "somewhere"`,
  ),
  shape(
    "a workload without a kind",
    guest("flavor: f, workload: { cpuShare: 1 }"),
    "2:37 guests[0].workload: the key `kind` is missing: CONSTANT, DIURNAL, SPIKE or TRACE",
  ),
  shape(
    "a workload of an unknown kind",
    guest("flavor: f, workload: { kind: SPIKES }"),
    '2:55 guests[0].workload.kind: must be CONSTANT, DIURNAL, SPIKE or TRACE, not "SPIKES"; did you mean SPIKE?',
  ),
  shape(
    "a key of another kind of workload",
    guest("flavor: f, workload: { kind: CONSTANT, cpuShare: 0.5, peakHour: 3 }"),
    "2:80 guests[0].workload.peakHour: unknown key `peakHour`; it belongs to kind DIURNAL",
  ),
  shape(
    "a share beyond one",
    guest("flavor: f, workload: { kind: CONSTANT, cpuShare: 50 }"),
    "2:75 guests[0].workload.cpuShare: must be a number from 0 to 1, not 50",
  ),
  shape(
    "a trace that comes along in percent",
    "traces: [{ file: a.csv, row: 0, shares: [50] }, { file: a.csv, row: 1, shares: [] }]",
    "1:42 traces[0].shares[0]: must be a number from 0 to 1, not 50",
    "1:72 traces[1].shares: must not be empty",
  ),
  beyondSchema(
    "a row that comes along twice",
    "traces:\n  - { file: a.csv, row: 0, shares: [0] }\n  - { file: a.csv, row: 0, shares: [1] }",
    '3:5 traces[1]: row 0 of "a.csv" is given twice',
  ),
  // Rules
  shape(
    "a rule that keeps nobody apart",
    "affinityRules:\n  - { name: a, kind: GUEST, guests: [], polarity: APART }",
    "2:29 affinityRules[0].guests: must not be empty",
  ),
  shape(
    "a host rule with a polarity",
    "affinityRules:\n  - { name: a, kind: HOST, guests: [g], hosts: [h], polarity: APART }",
    "2:53 affinityRules[0].polarity: unknown key `polarity`; it belongs to kind GUEST",
  ),
  shape(
    "a guest listed twice",
    "affinityRules:\n  - { name: a, kind: HOST, guests: [g, g], hosts: [h] }",
    '2:40 affinityRules[0].guests[1]: "g" is listed twice',
  ),
  shape(
    "a reference to nothing",
    "affinityRules:\n  - { name: a, kind: HOST, guests: [t/], hosts: [3] }",
    '2:37 affinityRules[0].guests[0]: must be the name of a guest, or `tenant/name`: "t/"',
    "2:50 affinityRules[0].hosts[0]: must be a name or { name, priority }, not 3",
  ),
  beyondSchema(
    "a host listed twice",
    "affinityRules:\n  - { name: a, kind: HOST, guests: [g], hosts: [h, { name: h, priority: 2 }] }",
    '2:60 affinityRules[0].hosts[1].name: "h" is the name of another host of rule a already, at affinityRules[0].hosts[0]',
  ),
  beyondSchema(
    "a dependency on another tenant",
    "guests:\n  - { name: g, tenant: t, image: i, flavor: f, dependsOn: [t/a, default/b] }",
    "2:65 guests[0].dependsOn[1]: a guest can only depend on guests of its own tenant, which is t",
  ),
  // What only makes sense together
  beyondSchema(
    "settings in conflict",
    "settings:\n  heartbeatSeconds: 15\n  suspectAfterSeconds: 20\n  fenceAfterSeconds: 20\n  watchdogSeconds: 15",
    "3:24 settings.suspectAfterSeconds: must be at least twice heartbeatSeconds (15), not 20",
    "4:22 settings.fenceAfterSeconds: must be more than suspectAfterSeconds (20), not 20",
    "5:20 settings.watchdogSeconds: must be more than heartbeatSeconds (15), not 15",
  ),
  shape(
    "a setting of no time",
    "settings: { heartbeatSeconds: 0 }",
    "1:31 settings.heartbeatSeconds: must be a number of at least 0.1, not 0",
  ),
  beyondSchema(
    "a wave upside down",
    guest("flavor: f, workload: { kind: DIURNAL, minShare: 0.9, maxShare: 0.1 }"),
    "2:74 guests[0].workload.minShare: must be at most maxShare (0.1)",
  ),
  beyondSchema(
    "a spike longer than its period",
    guest(
      "flavor: f, workload: { kind: SPIKE, baseShare: 0, spikeShare: 1, everySeconds: 60, durationSeconds: 90 }",
    ),
    "2:126 guests[0].workload.durationSeconds: must be at most everySeconds (60)",
  ),
  // Names
  beyondSchema(
    "two hosts of one name",
    inDataCenter(`              - { name: h, ${host} }\n              - { name: h, ${host} }`),
    `9:25 ${hostPath}[1].name: "h" is the name of another host already, at ${hostPath}[0]`,
  ),
  beyondSchema(
    "a host of the name of a copy",
    inDataCenter(
      `              - { name: h, count: 2, ${host} }\n              - { name: h-2, ${host} }`,
    ),
    `9:25 ${hostPath}[1].name: "h-2" is the name of another host already, at ${hostPath}[0]`,
  ),
  beyondSchema(
    "two zones of one name in different regions",
    "regions:\n  - name: a\n    zones: [{ name: z }]\n  - name: b\n    zones: [{ name: z }]",
    '5:21 regions[1].zones[0].name: "z" is the name of another zone already, at regions[0].zones[0]',
  ),
  beyondSchema(
    "two data centers of one name in a zone",
    "regions: [{ name: r, zones: [{ name: z, dataCenters: [{ name: d }, { name: d }] }] }]",
    '1:76 regions[0].zones[0].dataCenters[1].name: "d" is the name of another data center of zone z already, at regions[0].zones[0].dataCenters[0]',
  ),
  beyondSchema(
    "two guests of one name",
    "guests:\n  - { name: g, image: i, flavor: f }\n  - { name: g, tenant: default, image: i, flavor: f }",
    '3:13 guests[1].name: "g" is the name of another guest of tenant default already, at guests[0]',
  ),
  beyondSchema(
    "two of everything else",
    "tenants: [{ name: t }, { name: t }]\nflavors: []\nimages: [{ name: i }, { name: i }]",
    '1:32 tenants[1].name: "t" is the name of another tenant already, at tenants[0]',
    '3:31 images[1].name: "i" is the name of another image already, at images[0]',
  ),
  beyondSchema(
    "copies with names that are too long",
    `guests:\n  - { name: ${"x".repeat(127)}, count: 10, image: i, flavor: f }`,
    "2:13 guests[0].name: with the number of its last copy is longer than 128 characters",
  ),
  beyondSchema(
    "more guests than anybody runs",
    `guests:\n${Array.from({ length: 12 }, (_, i) => `  - { name: g${i}, count: 100000, image: i, flavor: f }`).join("\n")}`,
    "12:5 guests[10]: with this the document holds more than 1000000 guests",
  ),
  beyondSchema(
    "more hosts than anybody runs",
    inDataCenter(
      `              - { name: a, count: 99999, ${host} }\n              - { name: b, count: 2, ${host} }\n              - { name: c, ${host} }`,
    ),
    `9:17 ${hostPath}[1]: with this the document holds more than 100000 hosts`,
  ),
  beyondSchema(
    "more references than anybody follows",
    `guests:
  - { name: db, count: 2000, image: i, flavor: f }
  - { name: web, count: 2000, image: i, flavor: f, dependsOn: [db] }`,
    "3:64 guests[1].dependsOn[0]: with this the document refers to more than 1000000 guests",
  ),
];
