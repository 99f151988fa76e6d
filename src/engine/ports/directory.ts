import type { KnownPerson } from '../../domain/source-event.ts'

/** Where people can be reached: contacts in the store, or the operator's own user database. */
export type Directory = {
  /** Undefined for somebody it does not know. Throws `DirectoryTrouble` when it cannot say. */
  find(subAccountId: string, contactId: string, signal: AbortSignal): Promise<KnownPerson | undefined>
}

/** The directory did not answer, or not in words of the contract. The message is for operators: no personal data. */
export class DirectoryTrouble extends Error {
  override readonly name = 'DirectoryTrouble'
  /** What was known all the same, from another place: enough where it has the address that is wanted. */
  readonly known: KnownPerson | undefined

  constructor(message: string, { known }: { known?: KnownPerson | undefined } = {}) {
    super(message)
    this.known = known
  }
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
  /**
   * Creates or replaces, all of them or none; `createdAt` of one that was there stays. Of several with one id the last
   * counts. Answers how many were new.
   */
  put(contacts: readonly Contact[]): Promise<{ created: number; replaced: number }>
  /** Replaces a contact by what `decide` makes of it as it stands, with nobody in between; undefined when there is none. */
  change(subAccountId: string, id: string, decide: (contact: Contact) => Contact): Promise<Contact | undefined>
  /** False when there was none. */
  delete(subAccountId: string, id: string): Promise<boolean>
  /** In the order of the ids, character by character and the same on every database; those after `after`. */
  list(subAccountId: string, options: { after?: string; limit: number }): Promise<Contact[]>
}
