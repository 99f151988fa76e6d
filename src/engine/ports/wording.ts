import type { StoredItem } from '../../domain/conversation.ts'
import type { ConversationFacts, KnownPerson } from '../../domain/source-event.ts'
import type { Watched } from './message-store.ts'
import type { NoticeText } from './watch-store.ts'

/** Puts a notice into words. */
export type Wording = {
  /** Always answers: with texts of its own where the rule's cannot be rendered. */
  word(input: {
    watched: Watched
    person: KnownPerson & { id: string }
    about: ConversationFacts
    /** Oldest first. */
    items: readonly StoredItem[]
    /** Beyond those. */
    more: number
    now: number
  }): Words
}
/** `fault`: why a text of the rule was not used. */
export type Words = NoticeText & { fault?: string }
