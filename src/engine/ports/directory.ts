import type { KnownPerson } from '../../domain/source-event.ts'

/** Where people can be reached: contacts in the store, or the operator's own user database. */
export type Directory = {
  /** Undefined for somebody it does not know. Throws `DirectoryTrouble` when it cannot say. */
  find(subAccountId: string, contactId: string, signal: AbortSignal): Promise<KnownPerson | undefined>
}

/** The directory did not answer, or not in words of the contract. The message is for operators: no personal data. */
export class DirectoryTrouble extends Error {
  override readonly name = 'DirectoryTrouble'
}

/** A person as the operator entered them. */
export type Contact = {
  /** The operator's own id, the one that the chat platform uses: 1 to 200 characters. */
  id: string
  subAccountId: string
  createdAt: number
  updatedAt: number
} & Omit<KnownPerson, 'contactId'>

export type ContactStore = {
  find(subAccountId: string, id: string): Promise<Contact | undefined>
  /** Creates or replaces, all of them or none; `createdAt` of one that was there stays. Answers how many were new. */
  put(contacts: readonly Contact[]): Promise<{ created: number; replaced: number }>
  /** False when there was none. */
  delete(subAccountId: string, id: string): Promise<boolean>
  /** In the order of the ids, after `after`. */
  list(subAccountId: string, options: { after?: string; limit: number }): Promise<Contact[]>
}
