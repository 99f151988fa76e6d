import type { KnownPerson } from '../domain/source-event.ts'
import { type Contact, type ContactStore, type Directory, DirectoryTrouble } from '../engine/ports/directory.ts'

/**
 * Contacts first, then the operator's user database: field by field, the first that has one wins. Undefined when neither
 * knows the person. When the user database cannot say, the trouble carries what the contact says.
 */
export function createDirectory({
  contacts,
  userDatabase,
}: {
  contacts: Pick<ContactStore, 'find'>
  userDatabase?: Directory
}): Directory {
  return {
    async find(subAccountId, contactId, signal) {
      const contact = await contacts.find(subAccountId, contactId)
      const own = contact && personOf(contact)
      if (userDatabase === undefined) return own
      try {
        const others = await userDatabase.find(subAccountId, contactId, signal)
        return own === undefined && others === undefined ? undefined : { ...others, ...own }
      } catch (error) {
        if (!(error instanceof DirectoryTrouble) || own === undefined) throw error
        throw new DirectoryTrouble(error.message, { known: own })
      }
    },
  }
}

function personOf({ id: _, subAccountId: __, createdAt: ___, updatedAt: ____, ...person }: Contact): KnownPerson {
  return person
}
