/**
 * A small fleet as a few lines of text:
 *
 *     zone a: h1 8/32 @k1, h2 8/32 off      cores/GiB of memory, a rack; off: without power
 *     zone far/b: h3 8/32                   in another region than "near"
 *     tolerate a 1 host                     the loss within zone a that room is kept for
 *     guest web 1/2 HIGH on h1 after db     cores/GiB; STOPPED, preemptible, x3 copies,
 *                                           restarts N, relocations N, ready N (seconds)
 *     apart web db per ZONE strict          together: likewise
 *     keep web on h1:5 h2 strict            a host and its priority
 *     set retrySeconds 1
 *     balance web a b drain 5               a load balancer with one group `all`; drain 30 without;
 *                                           closed: it does not fail open; idle: without a listener;
 *                                           busy: with requests that take for ever
 */
export function cluster(text: string): string {
  const document = {
    settings: {} as Record<string, unknown>,
    regions: [] as { name: string; zones: unknown[] }[],
    images: [{ name: "linux" }],
    guests: [] as unknown[],
    affinityRules: [] as unknown[],
    loadBalancers: [] as unknown[],
  };
  for (const line of text.split("\n").map((each) => each.trim())) {
    const [verb = "", ...words] = line.split(/\s+/);
    if (verb === "zone") addZone(document.regions, line.slice(5));
    else if (verb === "guest") document.guests.push(guest(words));
    else if (verb === "set") document.settings[words[0] ?? ""] = value(words.slice(1).join(" "));
    else if (verb === "balance") document.loadBalancers.push(loadBalancer(words));
    else if (verb === "tolerate") tolerate(document.regions, words);
    else if (verb !== "") document.affinityRules.push(rule(line, verb, words));
  }
  return JSON.stringify(document);
}

function value(text: string): unknown {
  if (/^[\d.]+$/.test(text)) return Number(text);
  return text === "true" || text === "false" ? text === "true" : text;
}

function tolerate(regions: readonly { zones: unknown[] }[], [name, ...loss]: readonly string[]) {
  const zones = regions.flatMap(({ zones: each }) => each) as Record<string, unknown>[];
  const zone = zones.find((each) => each["name"] === name);
  if (zone) zone["tolerate"] = loss.join(" ");
}

/** `8/32`: cores and GiB. */
export function size(word = ""): { cpuCores: number; memoryMiB: number; storageGiB: number } {
  const [cores = "", gib = "", storage = "1"] = word.split("/");
  return {
    cpuCores: Number(cores),
    memoryMiB: Number(gib) * 1024,
    storageGiB: Number(storage),
  };
}

function addZone(regions: { name: string; zones: unknown[] }[], text: string): void {
  const [place = "", hosts = ""] = text.split(":");
  const [zone = "", regionName = "near"] = place.split("/").reverse();
  const dataCenters = hosts.split("|").map((list, index) => ({
    name: `${zone}-dc${index + 1}`,
    hosts: list
      .split(",")
      .map((each) => each.trim())
      .filter((each) => each !== "")
      .map(host),
  }));
  const known = regions.find(({ name }) => name === regionName);
  const region = known ?? { name: regionName, zones: [] };
  if (!known) regions.push(region);
  region.zones.push({ name: zone, dataCenters });
}

function host(text: string) {
  const [name, has, ...more] = text.split(/\s+/);
  const rack = more.find((word) => word.startsWith("@"))?.slice(1);
  return {
    name,
    ...size(has),
    storageGiB: Number(has?.split("/")[2] ?? 1000),
    ...(rack && { rack }),
    ...(more.includes("off") && { powered: false }),
  };
}

function guest(words: readonly string[]) {
  const [name, takes, ...more] = words;
  const after = (key: string) => {
    const at = more.indexOf(key);
    return at < 0 ? undefined : more[at + 1];
  };
  const count = more.find((word) => /^x\d+$/.test(word))?.slice(1);
  const priority = more.find((word) => ["LOW", "MEDIUM", "HIGH", "CRITICAL"].includes(word));
  const restarts = after("restarts");
  const relocations = after("relocations");
  const ready = after("ready");
  return {
    name,
    resources: size(takes),
    image: "linux",
    ...(count && { count: Number(count) }),
    ...(priority && { priority }),
    ...(more.includes("stays") && { failback: false }),
    ...(more.includes("preemptible") && { preemptible: true }),
    ...(ready && { readyAfterSeconds: Number(ready) }),
    ...(more.includes("STOPPED") && { desired: "STOPPED" }),
    ...(after("on") && { host: after("on") }),
    ...(after("after") && { dependsOn: (after("after") ?? "").split(",") }),
    ...(restarts && { maxRestarts: Number(restarts) }),
    ...(relocations && { maxRelocations: Number(relocations) }),
  };
}

function loadBalancer([name, ...words]: readonly string[]) {
  const end = words.findIndex((word) => ["drain", "closed", "idle", "busy"].includes(word));
  const drain = words.indexOf("drain");
  const endless = { peakRequestsPerSecond: 0.1, cpuMillisecondsPerRequest: 60_000 };
  const traffic = words.includes("busy") && { traffic: endless };
  return {
    name,
    listeners: words.includes("idle") ? [] : [{ port: 80, targetGroup: "all", ...traffic }],
    targetGroups: [
      {
        name: "all",
        port: 8080,
        targets: end < 0 ? words : words.slice(0, end),
        ...(drain >= 0 && { drainSeconds: Number(words[drain + 1]) }),
        failOpen: !words.includes("closed"),
      },
    ],
  };
}

function rule(line: string, verb: string, words: readonly string[]) {
  const strict = words.includes("strict");
  const end = words.findIndex((word) => word === "per" || word === "on");
  const shared = { name: `${verb}-${words[0]}`, strict, guests: words.slice(0, end) };
  if (verb === "keep") {
    const hosts = words.slice(end + 1).filter((word) => word !== "strict");
    return { ...shared, kind: "HOST", hosts: hosts.map(preferred) };
  }
  if (verb !== "apart" && verb !== "together") throw new Error(`What is ${line}?`);
  return { ...shared, kind: "GUEST", polarity: verb.toUpperCase(), scope: words[end + 1] };
}

function preferred(word: string): unknown {
  const [name, priority] = word.split(":");
  return priority ? { name, priority: Number(priority) } : name;
}
