/** JSON with the fields in one order, so that equal data gives equal text. */
export function canonicalJson(value: unknown): string {
  return (
    JSON.stringify(value, (_, child: unknown) => {
      if (typeof child !== 'object' || child === null || Array.isArray(child)) return child
      return Object.fromEntries(Object.entries(child).sort(([a], [b]) => (a < b ? -1 : 1)))
    }) ?? 'null'
  )
}
