/** What a person wrote back on a channel. */
export type Reply = {
  /** Ours. */
  id: string
  connection: string
  channel: string
  address: string
  /** The provider's id: the same when it tells it twice. */
  providerId: string
  text?: string
  /** When it was written, as far as the provider says; else when it came. Epoch milliseconds. */
  at: number
}

/** Replies on their way to those who want them: the webhooks of type `MSG`, or of none. */
export type ReplyStore = {
  /**
   * Keeps the replies, each once, and hands them to the outbox for each subaccount with a webhook for them that
   * `concerns` says they are for. Answers how many deliveries that made.
   */
  keepReplies(
    replies: readonly Reply[],
    now: number,
    concerns: (subAccountId: string, reply: Reply) => boolean,
  ): Promise<number>
  /** Drops those from before this moment. */
  sweepReplies(before: number): Promise<number>
}
