/**
 * What a chat platform tells us, in one shape for all of them. Times are the platform's, in epoch milliseconds. Everything
 * may come late, twice and in any order: the reader's rules meet that, so a source only translates.
 */
export type SourceEvent = {
  /** Tells this event from all others of its source: the same key is the same event. At most 200 characters. */
  key: string
  at: number
  /** The platform's id of the conversation. */
  conversation: string
  about?: ConversationFacts
} & Happening

export type Happening =
  | Sent
  /** The text of a message is another one now. */
  | { type: 'edited'; id: string; text: string; mentions?: readonly string[] }
  /** Deleted for everybody. */
  | { type: 'deleted'; ids: readonly string[] }
  | { type: 'read' | 'delivered'; person: string; span: Span }
  | { type: 'joined' | 'left'; people: readonly string[] }
  /** Nothing in it can be read any more, or nobody waits for it to be. */
  | { type: 'ended' }
  /** News of the conversation alone. */
  | { type: 'described' }

/** Somebody wrote. */
export type Sent = {
  type: 'sent'
  item: NewItem
  author: Author
  /** Whom it is for; the author is never among them. Absent: all participants that are known. */
  recipients?: readonly string[]
  /** Who is named in it: in large groups only they are reminded. */
  mentions?: readonly string[]
  /** What the platform knows of these people. */
  people?: Readonly<Record<string, KnownPerson>>
  /** How long it may stay unread where no rule says so. */
  waitMs?: number
}

/** Any event may carry what its platform says of the conversation; what is absent stays as it was known. */
export type ConversationFacts = {
  /** In the platform's own spelling, such as the name of a skill or queue. */
  skill?: string
  /** How the person takes part: `web`, `app`, … in the platform's words. */
  channel?: string
  /** Short texts by which rules choose; they are merged key by key. */
  metadata?: Readonly<Record<string, string>>
  /** Everybody who takes part, complete. */
  participants?: readonly string[]
}

export type NewItem = {
  /** The platform's id of the message. */
  id: string
  /** Its place in the conversation, rising; absent where the platform has none. */
  position?: number
  /** The sender's own key: what comes with the same one within a day, under whatever id, is the same message once more. */
  dedupeKey?: string
  /** It stands for what may be unread, until the platform has been asked: without its word nobody is told. */
  tentative?: true
  /** Plain text. Absent: something that is no text, such as a picture. */
  text?: string
}

export type Author = {
  /** Absent: nobody in particular. */
  id?: string
  kind: 'person' | 'bot' | 'system'
  name?: string
  /** Other ids of the same person: none of them is told of it. */
  aliases?: readonly string[]
}

/** What is meant by a receipt: these ids, positions from–to (both inclusive), up to a position, or up to a moment. */
export type Span = { ids: readonly string[] } | { from: number; to: number } | { upTo: number } | { until: number }

/** Where a person can be reached, as far as somebody knows. */
export type KnownPerson = {
  name?: string
  email?: string
  /** E.164 with `+`. */
  msisdn?: string
  /** As in the Send API's `user`: ids by which channels know the person. */
  lineUserId?: string
  channelUserId?: string
  /** BCP 47, such as `de` or `pt-BR`. */
  language?: string
  /** IANA name, such as `Europe/Berlin`. */
  timeZone?: string
  /** The id by which the directory knows them, where it is not the platform's. */
  contactId?: string
}
