import type { Cloud } from '../../genesys-cloud/cloud.ts'
import type { Participant } from './conversation.ts'

/**
 * Attributes on the conversation by which agents and reports see that its customer was told. Nobody waits for them and
 * nothing depends on them: what fails is not tried again.
 */
export type Marks = {
  noticeDue(conversation: string, customer: Participant | undefined): void
  /** Says nothing by itself: "where to?" is asked beside "still unread?", and the answer to that may be no. */
  contactFound(conversation: string): void
}

const TRIGGERED = 'WebMessagingNotificationTriggered'
const CONTACT_FOUND = 'WebMessagingNotificationExternalContactFound'
const YES = 'true'
const MOST_REMEMBERED = 1000 // a moment each, from one answer to the other

/** What was found out of a conversation, and what stands on it already. */
type Known = { participantId?: string; found?: true; attributes: Readonly<Record<string, string>> }

export function createMarks(cloud: Cloud): Marks {
  const remembered = new Map<string, Known>()

  const learn = (conversation: string, news: Partial<Known>) => {
    const known: Known = { attributes: {}, ...remembered.get(conversation), ...news }
    remembered.delete(conversation)
    remembered.set(conversation, known)
    for (const oldest of remembered.keys()) {
      if (remembered.size <= MOST_REMEMBERED) break
      remembered.delete(oldest)
    }
    return known
  }

  const write = (conversation: string, { participantId, found, attributes }: Known) => {
    if (participantId === undefined) return
    const missing = [TRIGGERED, ...(found ? [CONTACT_FOUND] : [])].filter((name) => attributes[name] !== YES)
    if (missing.length === 0) return
    const marks = Object.fromEntries(missing.map((name) => [name, YES]))
    learn(conversation, { attributes: { ...attributes, ...marks } })
    const [id, participant] = [conversation, participantId].map(encodeURIComponent)
    const path = `/api/v2/conversations/${id}/participants/${participant}/attributes`
    void cloud.call({ method: 'PATCH', path, json: { attributes: marks } }, new AbortController().signal)
  }

  return {
    noticeDue: (conversation, customer) => {
      if (customer?.id === undefined) return
      const { attributes = {} } = remembered.get(conversation) ?? {}
      const standing = { ...customer.attributes, ...attributes } // what is on its way counts as being there
      write(conversation, learn(conversation, { participantId: customer.id, attributes: standing }))
    },
    contactFound: (conversation) => write(conversation, learn(conversation, { found: true })),
  }
}
