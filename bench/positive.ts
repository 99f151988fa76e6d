import { InvalidArgumentError } from 'commander'

/** Reads the value of an option that counts something. */
export function positive(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Use a whole number from 1 on.')
  return Number(text)
}
