import { type Fields, isObject, textIn } from '../../json/loose-json.ts'

/** Media by its public address; Meta fetches it from there. A document is shown under the name that ends its address. */
export function linkTo(kind: string, url: unknown): Fields {
  const filename = kind === 'document' ? fileName(url) : undefined
  return { link: url, ...(filename !== undefined && { filename }) }
}

function fileName(url: unknown): string | undefined {
  if (typeof url !== 'string' || !URL.canParse(url)) return undefined
  const last = new URL(url).pathname.split('/').at(-1) ?? ''
  const name = decoded(last)
  return /^[^\p{Cc}/\\]{1,200}\.[A-Za-z0-9]{1,10}$/u.test(name) ? name : undefined
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A place, its degrees as text: so the description of the API wants them, and its servers take both. */
export function placeOf(given: unknown): Fields | undefined {
  if (!isObject(given)) return undefined
  const [latitude, longitude] = [degreesIn(given.latitude), degreesIn(given.longitude)]
  if (latitude === undefined || longitude === undefined) return undefined
  const [name, address] = [textIn(given.name), textIn(given.address)]
  return { latitude, longitude, ...(name !== undefined && { name }), ...(address !== undefined && { address }) }
}

const NEXT_TO_NOTHING = 1e-6 // some ten centimetres; below this, JavaScript writes an exponent

function degreesIn(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(Math.abs(value) < NEXT_TO_NOTHING ? 0 : value) : value
  return typeof text === 'string' && /^-?\d{1,3}(\.\d+)?$/.test(text) ? text : undefined
}
