import type { Fact } from '../domain/timeline.ts'

/** What a decision saw. */
export type Facts = Readonly<Record<string, Fact | undefined>>

/** `09:16:01 UTC`: the day is told by the entry's own time. */
export function clockTime(at: Fact | undefined): string {
  return typeof at === 'number' ? `${new Date(at).toISOString().slice(11, 19)} UTC` : 'a later time'
}
