/** How documents name guests: `name` is one of the tenant "default", `tenant/name` one of another. */
export function splitGuestName(name: string): { tenant: string; guest: string } {
  const slash = name.indexOf("/");
  return slash < 0
    ? { tenant: "default", guest: name }
    : { tenant: name.slice(0, slash), guest: name.slice(slash + 1) };
}

export function guestKey(tenant: string, name: string): string {
  return `${tenant}/${name}`;
}
