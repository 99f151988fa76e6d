import { Type } from 'typebox'
import type { Mismatch } from '../domain/reminder-rule.ts'
import { titleCase } from '../domain/sequence.ts'
import type { DryRun, DryRunPerson, DryRunStep, NoReminder } from '../engine/watch-api.ts'
import { iso } from './iso.ts'

/** What an event would lead to, in fields and in words. */
export const DryRunBody = Type.Object(
  {
    source: Type.Optional(
      Type.String({
        description: 'The source that it comes from. Absent: `events`, your own chat.',
        default: 'events',
      }),
    ),
    event: Type.Unknown({ description: 'The event, as it would be posted to `…/events`.' }),
  },
  { additionalProperties: false, title: 'an object such as {"source":"events","event":{…}}' },
)

const Text = Type.String({ description: 'One plain sentence.' })

export const DryRunAnswer = Type.Object({
  people: Type.Array(
    Type.Object({
      person: Type.String(),
      text: Text,
      result: Type.Enum(['remind', 'join', 'nothing', 'call-off'], {
        description:
          '`remind`: a new reminder. `join`: told together with what is unread already. `call-off`: reminders end, or shrink.',
      }),
      why: Type.Optional(Type.String({ description: 'Why nothing would happen.' })),
      rule: Type.Optional(Type.String()),
      umids: Type.Array(Type.String(), { description: 'The reminders that it would join, or call off.' }),
      steps: Type.Array(
        Type.Object({
          step: Type.Integer({ minimum: 1, description: 'Counted from 1.' }),
          channel: Type.String(),
          at: Type.String({ format: 'date-time', description: 'At the earliest.' }),
          waitsFor: Type.String(),
          address: Type.Enum(['known', 'missing', 'unknown'], {
            description: '`unknown`: nobody could say in time.',
          }),
          text: Text,
        }),
      ),
      rules: Type.Array(
        Type.Object({
          id: Type.String(),
          applies: Type.Boolean(),
          mismatch: Type.Optional(Type.String({ description: 'What does not match.' })),
          text: Text,
        }),
        { description: 'Every rule that was asked, in order, up to the one that applies.' },
      ),
    }),
    { description: 'Everybody whom the event is about.' },
  ),
})

export function showDryRun({ people }: DryRun) {
  return { people: people.map(showPerson) }
}

function showPerson(given: DryRunPerson) {
  const { person, rules, would } = given
  const steps = 'steps' in would ? would.steps.map(showStep) : []
  return {
    person,
    text: sentence(given),
    result: would.result,
    ...(would.result === 'nothing' && { why: would.why }),
    ...('rule' in would && { rule: would.rule }),
    umids: would.result === 'join' ? [would.umid] : would.result === 'call-off' ? [...would.umids] : [],
    steps,
    rules: rules.map(({ id, mismatch }) => ({
      id,
      applies: mismatch === undefined,
      ...(mismatch && { mismatch }),
      text: mismatch ? `The rule "${id}" does not apply: ${MISMATCHES[mismatch]}.` : `The rule "${id}" applies.`,
    })),
  }
}

function sentence({ person, would }: DryRunPerson): string {
  switch (would.result) {
    case 'remind':
      return `${person} would be reminded by the rule "${would.rule}", unless it is read before: ${course(would.steps)}.`
    case 'join':
      return `${person} would be told of it by the rule "${would.rule}", with what is unread already: ${course(would.steps)}.`
    case 'nothing':
      return `Nothing would happen for ${person}: ${REASONS[would.why]}.`
    case 'call-off':
      return would.umids.length === 0
        ? `No reminder of ${person} would be called off: none is open.`
        : `${would.umids.length === 1 ? 'A reminder' : `${would.umids.length} reminders`} of ${person} would be called off, entirely or in part.`
  }
}

/** All steps on one line; those without an address do not happen. */
function course(steps: readonly DryRunStep[]): string {
  const tried = steps.filter(({ address }) => address !== 'missing')
  if (tried.length === 0) return 'but no step has an address'
  return tried.map(({ channel, at }) => `${channel} at ${iso(at)}`).join(', then ')
}

function showStep({ channel, at, waitsFor, address }: DryRunStep, index: number) {
  return {
    step: index + 1,
    channel,
    at: iso(at),
    waitsFor: titleCase(waitsFor),
    address,
    text: `${stepText(channel, at, address)}${address === 'missing' ? '' : ` It waits to be ${waitsFor}.`}`,
  }
}

function stepText(channel: string, at: number, address: DryRunStep['address']): string {
  switch (address) {
    case 'known':
      return `${channel} goes out at ${iso(at)}.`
    case 'missing':
      return `${channel} would be skipped at ${iso(at)}: no address is known.`
    case 'unknown':
      return `${channel} goes out at ${iso(at)} if there is an address by then; nobody could say in time.`
  }
}

const MISMATCHES: Readonly<Record<Mismatch, string>> = {
  source: 'the source is another',
  skill: 'the skill is another',
  channel: 'the channel of the conversation is another',
  metadata: 'the metadata of the conversation is another',
  author: 'it is not for authors of this kind',
}

const REASONS: Readonly<Record<NoReminder, string>> = {
  'no-rule': 'no rule applies',
  author: 'it is their own message',
  'read-before': 'it has been read already',
  left: 'they have left the conversation',
  'not-mentioned': 'the group is large, and they are not mentioned',
  'known-before': 'this message is known already',
  'nothing-unread': 'nothing of theirs is unread',
  over: 'it was deleted, or the conversation has ended since',
  'too-many': 'they have so many unread messages that no more reminders are made',
  once: 'they have had their one notice for this conversation',
}
