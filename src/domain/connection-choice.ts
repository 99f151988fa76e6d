/**
 * Which connections may carry a channel, and in which order they are tried. Without weights the order is that of the list;
 * with weights each message has an order of its own, such that a connection comes first in proportion to its weight. The
 * same message always gets the same order, on every node: what it tries next does not depend on who takes it up.
 */
export type ConnectionChoice = {
  connection: string
  /** Share of the messages that it is first for; 0: a reserve. Where one has a weight, those without have 1. */
  weight?: number
  /** ISO 3166 codes; absent: people of all countries, and those of whom the country is not known. */
  countries?: readonly string[]
}

/** Ids of the connections in the order for one message. `seed` names the message and its step. */
export function orderOf(
  choices: readonly ConnectionChoice[],
  { country, seed }: { country: string | undefined; seed: string },
): string[] {
  const fitting = choices.filter(({ countries }) => {
    return countries === undefined || (country !== undefined && countries.includes(country))
  })
  if (fitting.every(({ weight }) => weight === undefined)) return fitting.map(({ connection }) => connection)
  return fitting
    .map(({ connection, weight = 1 }) => ({
      connection,
      score: -Math.log(fractionOf(`${seed} ${connection}`)) / weight,
    }))
    .toSorted((a, b) => a.score - b.score)
    .map(({ connection }) => connection)
}

/** A number above 0 and below 1 that looks like chance, the same for the same text: FNV-1a, stirred as in MurmurHash 3. */
function fractionOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  hash ^= hash >>> 16
  return ((hash >>> 0) + 0.5) / 2 ** 32
}
