import type { User } from './recipient.ts'

/**
 * An unread streak: a message whose first step a chat platform has sent. It covers all that one person has not read in one
 * conversation, or one message of it where the rule folds nothing. What is read leaves it; when nothing is left, it has
 * succeeded. Its notice goes out when its oldest item has been unread for long enough.
 */
export type Watch = {
  /** What is unread, oldest first. */
  items: readonly Item[]
  /** Items beyond those that are listed; who has read all that is listed is back, and has seen these too. */
  more?: number
  /** The next notice comes no sooner: one went out not long before this streak. */
  notBefore?: number
  /** Notices in a row, before this one, without a read in between. */
  noticesBefore: number
  /** How often was asked for the present step. */
  asked?: number
  /** Since when the platform or the directory could not be asked. */
  troubledSince?: number
  /** What was found out right before the notice; gone as soon as the items change. */
  inquiry?: Inquiry
}

export type Item = {
  id: string
  position?: number
  /** When it was sent, by the platform's clock. */
  at: number
  /** When its time began to run, by ours. */
  since: number
  /** It only may be unread: the platform has to say so. */
  tentative?: true
}

/** Where the person can be reached, as it was known at `at`. */
export type Inquiry = { at: number; user: User }

/** What came of asking before a notice. */
export type InquiryAnswer = {
  /** The items that were asked about. */
  asked: readonly string[]
  /** Those that the platform says are unread, new ones among them. Absent: it cannot say. */
  unread?: readonly Item[]
  /** There is nobody to tell, or nothing to tell of. */
  gone?: 'conversation-gone' | 'left'
  user: User
  /** The notice in words; kept as it is for when it is sent. */
  notice: object
  /** The items that the notice lists. */
  told: readonly string[]
  /** Which texts of the rule could not be used; quotes nobody. */
  fault?: string
  /** Who could not be asked. For people: no personal data. */
  troubles: readonly InquiryTrouble[]
}

/** `needed`: without it the step has no address. */
export type InquiryTrouble = { who: 'platform' | 'directory'; detail: string; needed?: true }

/** How an item left a streak. */
export type Leaving =
  | 'read'
  /** The person wrote something below it. */
  | 'replied'
  | 'delivered'
  | 'deleted'
  /** The person left the conversation. */
  | 'left'
  /** The conversation came to its end. */
  | 'ended'
