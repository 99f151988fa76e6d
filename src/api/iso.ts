/** Times leave as ISO 8601 in UTC. */
export function iso(at: number): string {
  return new Date(at).toISOString()
}

export function ifIso<Name extends string>(name: Name, at: number | undefined): { [name in Name]?: string } {
  return at === undefined ? {} : ({ [name]: iso(at) } as { [name in Name]?: string })
}
