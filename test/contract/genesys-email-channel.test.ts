import { genesysEmail } from '../../src/channels/genesys-email/genesys-email.ts'
import { MovableClock } from '../../src/system/movable-clock.ts'
import { type GenesysFake, startGenesys } from '../fakes/genesys.ts'
import { freePort } from '../fakes/http-provider.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { ChannelHarness, ProviderBehaviour } from './channel-harness.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const SECRET = 'the-secret-of-the-client'
const ADDRESS = 'ann@example.org'
const MAIL = /^POST \/api\/v2\/conversations\/emails\/agentless$/

function behave(fake: GenesysFake, behaviour: ProviderBehaviour): void {
  fake.heal()
  switch (behaviour) {
    case 'accept':
      return
    case 'refuse': {
      const body = JSON.stringify({
        message: `The toAddress ${ADDRESS} is not valid.`,
        code: 'invalid.email.address',
        status: 400,
        errors: [],
      })
      return fake.trouble({ on: MAIL, do: 'answer', status: 400, body })
    }
    case 'busy':
      return fake.trouble({ on: MAIL, do: 'answer', status: 429 })
    case 'busy-for-7s':
      return fake.trouble({ on: MAIL, do: 'answer', status: 429, headers: { 'retry-after': '7' } })
    case 'fails':
      return fake.trouble({ on: MAIL, do: 'answer', status: 500 })
    case 'cut-before-taking':
      return fake.trouble({ on: MAIL, do: 'hang-up' })
    case 'cut-after-taking':
      return fake.trouble({ on: MAIL, do: 'cut' })
    case 'silent':
      return fake.trouble({ on: MAIL, do: 'hold' })
    case 'garbage':
      return fake.trouble({ on: MAIL, do: 'answer', status: 200, body: '<html>It works!</html>' })
  }
}

async function openHarness(): Promise<ChannelHarness> {
  const clock = new MovableClock(NOW)
  const fake = await startGenesys({ clientId: 'client', clientSecret: SECRET, now: () => clock.now() })
  fake.domains.add('support.example')
  const world = channelWorld({ connectionId: 'mail', callbackUrl: 'http://127.0.0.1:1/callbacks/mail', clock })
  const config = {
    region: 'eu-west-1',
    clientId: 'client',
    clientSecret: SECRET,
    apiUrl: fake.url,
    loginUrl: fake.url,
    from: 'Example <hello@support.example>',
  }
  const nowhere = `http://127.0.0.1:${await freePort()}`
  const channel = genesysEmail.create(config, world)
  const unreachable = genesysEmail.create({ ...config, apiUrl: nowhere, loginUrl: nowhere }, world)
  return {
    channel,
    abilities: genesysEmail.abilities('Email', config),
    unreachable,
    strange: genesysEmail.create({ ...config, clientSecret: 'a guess' }, world),
    outgoing: { channel: 'Email', address: ADDRESS, user: { email: ADDRESS } },
    behave: (behaviour) => behave(fake, behaviour),
    arrived: fake.held,
    release: fake.release,
    taken: () => fake.mails.length,
    secrets: [SECRET, 'token-1', ADDRESS],
    close: async () => {
      fake.release()
      await channel.close?.()
      await unreachable.close?.()
      await fake.close()
    },
  }
}

describeChannel('genesys-email', openHarness)
