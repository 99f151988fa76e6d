/** Who may do what, and what each subaccount has set. Small tables, read often, changed seldom. */
export type ApiKey = {
  id: string
  subAccountId: string
  /** The first characters, by which people tell keys apart. */
  prefix: string
  createdAt: number
  revokedAt?: number
}
export type Webhook = {
  /** `*` for all. */
  subAccountId: string
  url: string
  enabled: boolean
  /** Delivery receipts, inbound messages, business-management updates. Absent: receipts and inbound. */
  type?: 'CADR' | 'MSG' | 'CABM'
  httpAuthorization?: string
}

export type AccountStore = {
  /** Keys are stored as SHA-256 only. */
  addKey(key: ApiKey, sha256: string): Promise<void>
  findKey(sha256: string): Promise<ApiKey | undefined>
  listKeys(): Promise<ApiKey[]>
  /** False when there is no such key that is still good. */
  revokeKey(id: string, at: number): Promise<boolean>

  /** The subaccount's default sequence as it was set through the API (its JSON), or undefined. */
  defaultSequence(subAccountId: string): Promise<unknown>
  setDefaultSequence(subAccountId: string, sequence: unknown): Promise<void>

  webhooks(): Promise<Webhook[]>
  /** Replaces the webhook with the same subaccount and type. */
  putWebhook(webhook: Webhook): Promise<void>
  deleteWebhook(subAccountId: string, type?: Webhook['type']): Promise<number>

  /** The secret that signs what we send to webhooks; made by `create` the first time. */
  signingSecret(create: () => string): Promise<string>
}
