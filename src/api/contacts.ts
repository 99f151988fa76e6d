import { Type } from 'typebox'
import type { Contact } from '../engine/ports/directory.ts'
import type { Country } from '../phone/phone.ts'
import {
  CONTACT_FIELDS,
  ContactAnswer,
  ContactBody,
  ContactListAnswer,
  ContactParams,
  ContactPatch,
  CountryQuery,
  ImportAnswer,
  ImportQuery,
  ListQuery,
} from './contact-shape.ts'
import { ApiError } from './errors.ts'
import type { Api, ApiOptions } from './house.ts'
import { importContacts } from './import-contacts.ts'
import { iso } from './iso.ts'
import { judge } from './judge.ts'
import { personOf, problemOfId, readOnePerson } from './read-contact.ts'
import { readCountry } from './read-phone.ts'
import { isObject } from './read-template.ts'
import { answers, SubAccountParams } from './schemas.ts'

const IMPORT_BYTES = 20 * 1024 * 1024

export function contactRoutes(app: Api, { contacts, clock }: ApiOptions): void {
  const common = { tags: ['Contacts'], security: [{ apiKey: [] }] }
  const one = '/subaccounts/:subAccountId/contacts/:contactId'

  app.put(
    one,
    {
      schema: {
        ...common,
        summary: 'Set a contact',
        description: 'Creates the contact, or replaces it whole. `201` when it is new.',
        params: ContactParams,
        querystring: CountryQuery,
        body: ContactBody,
        response: { ...answers(ContactAnswer, 400, 413, 415), 201: ContactAnswer },
      },
    },
    async (request, reply) => {
      const { subAccountId } = request.params
      const id = readId(request.params.contactId)
      const { person, warnings } = readOnePerson(request.body, countryOf(request.query))
      const now = clock.now()
      const contact: Contact = { ...person, id, subAccountId, createdAt: now, updatedAt: now }
      const { created } = await contacts.put([contact])
      const { createdAt } = (await contacts.find(subAccountId, id)) ?? contact
      return reply.code(created > 0 ? 201 : 200).send(view({ ...contact, createdAt }, warnings))
    },
  )

  app.patch(
    one,
    {
      // The reader judges what is left when the nulls are taken out.
      validatorCompiler: () => () => true,
      schema: {
        ...common,
        summary: 'Change a contact',
        description: 'Sets the fields that are given, and removes those that are null.',
        params: ContactParams,
        querystring: CountryQuery,
        body: ContactPatch,
        response: answers(ContactAnswer, 400, 404, 413, 415),
      },
    },
    async (request) => {
      const { subAccountId } = request.params
      const id = readId(request.params.contactId)
      const { given, removed } = readPatch(request.body)
      const { person, warnings } = readOnePerson(given, countryOf(request.query))
      const changed = await contacts.change(subAccountId, id, (held) => {
        const { createdAt } = held
        const next = { ...personOf(held), ...person }
        for (const field of removed) delete next[field]
        return { ...next, id, subAccountId, createdAt, updatedAt: clock.now() }
      })
      return view(changed ?? unknown(), warnings)
    },
  )

  app.get(
    one,
    {
      schema: {
        ...common,
        summary: 'Contact',
        description: 'What is known of one person.',
        params: ContactParams,
        response: answers(ContactAnswer, 400, 404),
      },
    },
    async ({ params }) => view((await contacts.find(params.subAccountId, readId(params.contactId))) ?? unknown()),
  )

  app.delete(
    one,
    {
      schema: {
        ...common,
        summary: 'Remove a contact',
        description: 'Forgets the person here; your user database is not touched.',
        params: ContactParams,
        response: { ...without200(answers(ContactAnswer, 400, 404)), 204: Type.Null({ description: 'Removed.' }) },
      },
    },
    async ({ params }, reply) => {
      if (!(await contacts.delete(params.subAccountId, readId(params.contactId)))) unknown()
      return reply.code(204).send(null)
    },
  )

  app.get(
    '/subaccounts/:subAccountId/contacts',
    {
      schema: {
        ...common,
        summary: 'Contacts',
        description: 'In the order of their ids, page by page.',
        params: SubAccountParams,
        querystring: ListQuery,
        response: answers(ContactListAnswer, 400),
      },
    },
    async ({ params, query }) => {
      const limit = wholeNumber(query, 'limit', { from: 1, to: 1000, otherwise: 100 })
      const after = textOf(query, 'after')
      // One more than wanted tells whether there is another page.
      const found = await contacts.list(params.subAccountId, {
        limit: limit + 1,
        ...(after !== undefined && { after }),
      })
      const page = found.slice(0, limit)
      const next = found.length > limit ? (page.at(-1)?.id ?? null) : null
      return { contacts: page.map((contact) => view(contact)), next }
    },
  )

  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('text/csv', { parseAs: 'buffer' }, (_request, body: Buffer, done) => done(null, body))
    scope.addContentTypeParser('*', (_request, _payload, done) =>
      done(new ApiError(1000, 'Content-Type', 'must be text/csv', 415)),
    )
    scope.post(
      '/subaccounts/:subAccountId/contacts/import',
      {
        bodyLimit: IMPORT_BYTES,
        validatorCompiler: () => () => true,
        schema: {
          ...common,
          summary: 'Import contacts',
          description:
            'A CSV file of up to 20 MB with a header line. Each line sets one contact, as a whole. A line with a mistake ' +
            'is refused by itself.',
          consumes: ['text/csv'],
          params: SubAccountParams,
          querystring: ImportQuery,
          body: Type.String({
            description: `UTF-8. Columns: \`id\`, and any of ${CONTACT_FIELDS.map((field) => `\`${field}\``).join(', ')}.`,
            examples: ['id,name,email,msisdn\nann-17,Ann,ann@example.com,+6590000001\n'],
          }),
          response: answers(ImportAnswer, 400, 413, 415),
        },
      },
      async (request) => {
        const { params, query, body } = request
        const mostFindings = wholeNumber(query, 'problems', { from: 0, to: 10_000, otherwise: 100 })
        if (!Buffer.isBuffer(body)) throw new ApiError(1000, 'body', 'is empty; give a CSV file with a header line')
        const { subAccountId } = params as { subAccountId: string }
        return importContacts(body, { contacts, clock, subAccountId, country: countryOf(query), mostFindings })
      },
    )
  })
}

function view({ subAccountId: _, createdAt, updatedAt, ...rest }: Contact, warnings: readonly string[] = []) {
  return {
    ...rest,
    createdAt: iso(createdAt),
    updatedAt: iso(updatedAt),
    ...(warnings.length > 0 && { warnings: [...warnings] }),
  }
}

function unknown(): never {
  throw new ApiError(1300, 'contactId', 'no such contact in this subaccount')
}

function readId(id: string): string {
  const problem = problemOfId(id)
  if (problem !== undefined) throw new ApiError(problem.code, 'contactId', problem.message)
  return id
}

const judgeGiven = judge(ContactBody)

function readPatch(body: unknown) {
  const fields = isObject(body) ? Object.entries(body) : undefined
  const given = judgeGiven(
    fields === undefined ? body : Object.fromEntries(fields.filter(([, value]) => value !== null)),
  )
  const removed = CONTACT_FIELDS.filter((field) => isObject(body) && body[field] === null)
  // A name that we do not know is a mistake also where it is to be removed.
  const strange = fields?.find(([name, value]) => value === null && !removed.some((field) => field === name))
  if (strange !== undefined) judgeGiven({ [strange[0]]: '' })
  return { given, removed }
}

function without200<T extends { 200: unknown }>({ 200: _, ...others }: T): Omit<T, 200> {
  return others
}

function countryOf(query: unknown): Country | undefined {
  const code = textOf(query, 'defaultCountry')
  return code === undefined ? undefined : readCountry(code, 'defaultCountry')
}

/** One value of the query; the parser gives a list for a name that comes twice. */
function textOf(query: unknown, name: string): string | undefined {
  const value = isObject(query) ? query[name] : undefined
  if (value === undefined || value === '') return undefined
  if (typeof value === 'string') return value
  throw new ApiError(1000, name, 'must be given once')
}

function wholeNumber(
  query: unknown,
  name: string,
  { from, to, otherwise }: { from: number; to: number; otherwise: number },
): number {
  const text = textOf(query, name)
  if (text === undefined) return otherwise
  const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  if (number >= from && number <= to) return number
  throw new ApiError(1000, name, `must be a whole number from ${from} to ${to}`)
}
