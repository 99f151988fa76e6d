import smpp from 'smpp'
import { describe, expect, it } from 'vitest'
import { isRefusedLogin, outcomeOfStatus, wordsFor } from './command-status.ts'

describe('a command_status', () => {
  it.each([
    ['ESME_RINVDSTADR', 'recipient'],
    ['ESME_RDELIVERYFAILURE', 'recipient'],
    ['ESME_RINVMSGLEN', 'content'],
    ['ESME_RSUBMITFAIL', 'content'],
    ['ESME_RX_P_APPN', 'content'],
    ['ESME_RINVDCS', 'content'],
    ['ESME_RINVSRCADR', 'credentials'],
    ['ESME_RINVPASWD', 'credentials'],
    ['ESME_RINVSERTYP', 'credentials'],
    ['ESME_RINVEXPIRY', 'credentials'],
    ['ESME_RINVESMCLASS', 'credentials'],
    ['ESME_RPROHIBITED', 'credentials'],
  ])('%s is because of the %s', (name, reason) => {
    const status = smpp.errors[name] ?? -1
    expect(outcomeOfStatus(status)).toMatchObject({ kind: 'rejected', reason, detail: expect.stringContaining(name) })
  })

  it.each([
    ['ESME_RTHROTTLED', 5_000],
    ['ESME_RMSGQFUL', 15_000],
    ['ESME_RSYSERR', 15_000],
    ['ESME_RX_T_APPN', 15_000],
    ['ESME_RALYBND', 15_000],
    ['ESME_RINVBNDSTS', 1_000],
  ])('%s passes by itself', (name, afterMs) => {
    expect(outcomeOfStatus(smpp.errors[name] ?? -1)).toMatchObject({ kind: 'retry', afterMs })
  })

  it('of the SMSC’s own is shown as its manual writes it', () => {
    expect(outcomeOfStatus(0x40b)).toEqual({
      kind: 'rejected',
      reason: 'content',
      code: '0x40B',
      detail: 'the SMSC answered its own status (0x40B): see the operator’s list',
    })
  })

  it('is named as another implementation names it', () => {
    const differing = Object.entries(smpp.errors)
      .filter(([, status]) => status !== 0 && !wordsFor(status).includes('its own status'))
      .filter(([name, status]) => !wordsFor(status).includes(`answered ${name} `))
      .map(([name]) => name)
    // These have other names in 3.4 than in 5.0, which the package follows.
    expect(differing.every((name) => /TLV/.test(name))).toBe(true)
    expect(differing).toHaveLength(5)
  })

  it('tells a wrong login from a bind that will be taken later', () => {
    expect([13, 14, 15, 83].map(isRefusedLogin)).toEqual([true, true, true, true])
    expect([5, 8, 88, 0x40b].map(isRefusedLogin)).toEqual([false, false, false, false])
  })
})
