import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { bodyOf, customerEnd, type GenesysEvent, undeliveredMessages } from '../../../test/fakes/genesys-events.ts'
import { readHook } from './hook.ts'

/** The example's parts held against one another, and what its data action posts held against what we read. */
const read = (name: string) => readFileSync(new URL(`../../../examples/genesys/${name}`, import.meta.url), 'utf8')
const main = read('main.tf')

/** `name = value` lines of the block that begins with `opening`, up to the closing line. */
function linesOf(opening: string): [name: string, value: string][] {
  const [, block = ''] = main.split(opening)
  const [inside = ''] = block.split(/\n\s*\}/)
  return [...inside.matchAll(/^\s*(\w+)\s+= (.+)$/gm)].map(([, name = '', value = '']) => [name, value])
}

function topicOf(name: 'undelivered' | 'customer_end'): { topic: string; timeField: string } {
  const [, block = ''] = main.split(`${name} = {`)
  const field = (key: string) => new RegExp(`\\b${key} += "([^"]+)"`).exec(block)?.[1] ?? ''
  return { topic: field('topic'), timeField: field('time_field') }
}

type Flow = { variables: Record<string, { name: string }>[]; action: { inputs: Record<string, { exp: string }> } }

function flowFor(topic: string, timeField: string): Flow {
  const filled = read('flow.yaml').replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = {
      topic,
      time_field: timeField,
      flow_name: 'flow',
      division: 'Home',
      integration: 'one',
      action: 'tell',
    }
    if (!(name in value)) throw new Error(`nobody fills in ${name}`)
    return value[name as keyof typeof value]
  })
  const { workflow } = parse(filled)
  const { one } = workflow.states[0].state.actions[0].callData.category
  return { variables: workflow.variables, action: one.dataAction.tell }
}

/** What the trigger, the workflow and the data action make of an event, by main.tf and flow.yaml. */
function posted(event: GenesysEvent, name: 'undelivered' | 'customer_end'): unknown {
  const topicAndTime = topicOf(name)
  const { variables, action } = flowFor(topicAndTime.topic, topicAndTime.timeField)
  const given = bodyOf(event, 'primitives')
  const state = new Map(
    variables.map((each) => {
      const [variable] = Object.values(each)
      const field = variable?.name.replace('Flow.', '') ?? ''
      return [`Flow.${field}`, given[field]]
    }),
  )
  const inputs = Object.entries(action.inputs).map(([input, { exp }]) => {
    const [, variable = exp] = /^ToString\((.+)\)$/.exec(exp) ?? []
    return [input, exp.startsWith('"') ? JSON.parse(exp) : state.get(variable)] as const
  })
  const values = new Map(inputs)
  const template = linesOf('request_template = jsonencode({').map(([field, value]) => {
    const [, mark, input = ''] = /^"\$(\$|!)\{input\.(\w+)\}"$/.exec(value) ?? []
    expect(mark, `${field} names an input`).toBeDefined()
    expect([...values.keys()]).toContain(input)
    return [field, String(values.get(input) ?? (mark === '!' ? '' : `\${input.${input}}`))]
  })
  return Object.fromEntries(template)
}

function eventsOf(body: unknown) {
  const request = {
    method: 'POST',
    url: '/sources/webchat',
    headers: { authorization: 'Bearer a-token-of-sixteen' },
    body: Buffer.from(JSON.stringify(body)),
  }
  const result = readHook(
    request,
    { tokens: ['a-token-of-sixteen'], waitMs: 60_000 },
    Date.parse('2024-05-02T09:20:01Z'),
  )
  if (result.kind !== 'events') throw new Error(JSON.stringify(result))
  return result.events
}

describe('examples/genesys', () => {
  it('tells of the end of a session', () => {
    const event = customerEnd()
    const [told] = eventsOf(posted(event, 'customer_end'))
    const [whole] = eventsOf(bodyOf(event, 'json'))
    expect(told).toEqual({ ...whole, about: { channel: 'webmessaging' } })
  })

  it('tells of undelivered messages', () => {
    const events = eventsOf(posted(undeliveredMessages(), 'undelivered'))
    expect(events).toEqual(eventsOf(bodyOf(undeliveredMessages(), 'primitives')))
    expect(events).toMatchObject([{ item: { id: expect.stringMatching(/^undelivered:.+:1714641330000$/) } }])
  })

  it('tells of an event without a contact', () => {
    const [told] = eventsOf(posted(customerEnd({ externalContactId: undefined }), 'customer_end'))
    expect(told).toMatchObject({ conversation: '2f7bf00a-0fc2-4d6a-9b56-92238191433e' })
    expect(told).not.toHaveProperty('people')
  })

  it('gives the data action what its contract asks for, and nothing else', () => {
    const contract = linesOf('properties = {').map(([name]) => name)
    const { action } = flowFor('topic', 'eventTime')
    expect(Object.keys(action.inputs)).toEqual(contract)
  })
})
