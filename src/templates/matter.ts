/** What a notice is about: all that a template can speak of. Times are epoch milliseconds. */
export type Matter = {
  person: {
    id: string
    name?: string
    /** BCP 47, such as `de` or `pt-BR`; absent, or one that we have no words in: English. */
    language?: string
    /** IANA name, such as `Europe/Berlin`; absent or unknown: UTC, and our own texts say so. */
    timeZone?: string
  }
  conversation: { id: string; skill?: string; channel?: string; metadata: Readonly<Record<string, string>> }
  /** The operator's name for the chat platform. */
  source: string
  /** Unread, oldest first. */
  items: readonly MatterItem[]
  /** How many are unread in all. */
  count: number
  /** How many of them are not among `items`. */
  more: number
  now: number
  /** In whose name the notice is sent. */
  brand?: string
  /** Where to read and to answer. */
  link?: string
}

/** `text` is absent for what is no text, such as a picture. */
export type MatterItem = { text?: string; author?: string; at: number }

/** The texts of one notice; none of them is ever empty. */
export type Notice = {
  /** For SMS and messengers. */
  text: string
  /** One line. */
  subject: string
  /** Plain text. */
  body: string
  html: string
  /** Which of the operator's templates failed, so that our own words stand in its place. Quotes nobody. */
  fault?: string
}
