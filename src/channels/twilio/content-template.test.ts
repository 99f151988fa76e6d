import { describe, expect, it } from 'vitest'
import { templateOf } from './content-template.ts'

const SID = `HX${'0a'.repeat(16)}`
const withParameters = (...parameters: unknown[]) => ({
  template: { name: SID, language: 'en', components: [{ type: 'body', parameters }] },
})

describe('the parameters of a template', () => {
  it('are counted through all its components', () => {
    const components = [
      { type: 'header', parameters: [{ type: 'image', url: 'https://example.com/a.jpg' }] },
      {
        type: 'body',
        parameters: [
          { type: 'text', text: 'Ann' },
          { type: 'TEXT', text: ' 8 pm ' },
        ],
      },
      { type: 'button', subType: 'QuickReply', parameters: [{ type: 'payload', payload: 'yes' }] },
      { type: 'button', subType: 'CopyCode', parameters: [{ type: 'couponCode', couponCode: 'C-7' }] },
    ]
    expect(templateOf({ template: { name: SID, language: 'en', components } })).toEqual({
      contentSid: SID,
      variables: { 1: 'https://example.com/a.jpg', 2: 'Ann', 3: ' 8 pm ', 4: 'yes', 5: 'C-7' },
    })
  })

  it('go by their names where they have some', () => {
    const named = withParameters({ type: 'text', text: 'Ann', parameterName: 'first' }, { type: 'text', text: 'x' })
    expect(templateOf(named)).toMatchObject({ variables: { first: 'Ann', 2: 'x' } })
  })

  it('may be none', () => {
    expect(templateOf({ template: { name: SID, language: 'en' } })).toEqual({ contentSid: SID, variables: {} })
  })

  it.each([
    { type: 'text', text: ' ' },
    { type: 'text', text: 7 },
    { type: 'text' },
    { type: 'location', location: { latitude: 1, longitude: 2 } },
    { type: 'ttlMinutes', text: '5' },
    { type: 'constructor', text: 'x' },
    {},
  ])('are none that Twilio could use where one is %j', (parameter) => {
    const good = { type: 'text', text: 'Ann' }
    expect(templateOf(withParameters(good, parameter))).toBe(
      'parameter 2 of the template has no value that Twilio takes',
    )
  })
})

it.each(['reminder', '', 'HX123', `HX${'g'.repeat(32)}`, `MG${'0'.repeat(32)}`, 7, undefined])(
  'a template by the name of %j is none of Twilio’s',
  (name) => {
    expect(templateOf({ template: { name, language: 'en' } })).toContain('content SID')
  },
)
