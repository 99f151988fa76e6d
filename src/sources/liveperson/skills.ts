import type { Clock } from '../../engine/ports/clock.ts'
import { SourceTrouble } from '../../engine/ports/source.ts'
import { objectsIn } from '../../json/loose-json.ts'
import { nearest } from '../../words/nearest.ts'
import type { Api, ApiRequest } from './api.ts'
import { countOf, wordOf } from './json.ts'
import { jsonOf, unreadable } from './trouble.ts'

/** Finds skills by the names that the account gave them. */
export type Skills = {
  /**
   * The ids of these names or ids; a text of digits alone is an id, and is not looked up. Throws `SourceTrouble`, also for
   * a name that the account does not have.
   */
  idsOf(wanted: readonly string[], signal: AbortSignal): Promise<readonly number[]>
}

type Listed = { skills: readonly { id: number; name: string }[]; revision: string | undefined; checkedAt: number }

const KEEP_MS = 10 * 60_000 // a skill that was renamed is noticed within this
const MOST_NAMED = 10

export function createSkills({ account }: { account: string }, api: Api, clock: Clock): Skills {
  let listed: Listed | undefined

  const list = async (signal: AbortSignal): Promise<Listed> => {
    const request: ApiRequest = {
      service: 'accountConfigReadOnly',
      method: 'GET',
      path: `/api/account/${encodeURIComponent(account)}/configuration/le-users/skills?v=2.0&select=id,name,deleted`,
      // LivePerson's own sense of If-Match: 304 while the list is still at this revision.
      ...(listed?.revision !== undefined && { headers: { 'if-match': listed.revision } }),
      what: 'its skills',
      refused: {
        credentials: 'the key or install is wrong, or may not read skills; then give skills by id',
        request: 'check account',
      },
    }
    const answer = await api.call(request, signal)
    const checkedAt = clock.now()
    if (answer.status === 304 && listed !== undefined) return { ...listed, checkedAt }
    const json = jsonOf(answer, request)
    if (!Array.isArray(json)) throw unreadable(request)
    const skills = objectsIn(json).flatMap((skill) => {
      const id = countOf(skill.id)
      const name = wordOf(skill.name)
      return id === undefined || name === undefined || skill.deleted === true ? [] : [{ id, name }]
    })
    return { skills, revision: wordOf(answer.headers['ac-revision']), checkedAt }
  }

  return {
    idsOf: async (wanted, signal) => {
      if (wanted.every((each) => IS_ID.test(each))) return wanted.map(Number)
      if (listed === undefined || clock.now() - listed.checkedAt >= KEEP_MS) listed = await list(signal)
      const { skills } = listed
      return wanted.map((each) => {
        const id = find(each, skills)
        if (id !== undefined) return id
        listed = undefined // somebody may be making it just now
        throw new SourceTrouble('configuration', `skills: ${absence(each, skills)}`)
      })
    },
  }
}

const IS_ID = /^\d{1,15}$/

/** As it is spelled, else whatever the case, if that is one skill only. */
function find(wanted: string, skills: Listed['skills']): number | undefined {
  if (IS_ID.test(wanted)) return Number(wanted)
  const exact = skills.find(({ name }) => name === wanted)
  if (exact !== undefined) return exact.id
  const alike = skills.filter(({ name }) => name.toLowerCase() === wanted.toLowerCase())
  return alike.length === 1 ? alike[0]?.id : undefined
}

function absence(wanted: string, skills: Listed['skills']): string {
  const names = skills.map(({ name }) => name)
  const meant = nearest(wanted, names)
  const some = names.slice(0, MOST_NAMED).join(', ')
  const hint =
    meant !== undefined ? `did you mean ${meant}?` : `there are ${some}${names.length > MOST_NAMED ? ', …' : ''}`
  return `there is no skill ${wanted}; ${names.length === 0 ? 'there are none' : hint}`
}
