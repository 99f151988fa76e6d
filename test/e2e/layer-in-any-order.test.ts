import { expect, test } from 'vitest'
import { SeededRandom } from '../chaos/seeded-random.ts'
import { type LayerFake, type LayerRequest, startLayer } from '../fakes/layer.ts'
import { startWatchingService, type WatchingService } from '../support/watching-service.ts'

const SECRET = 'layer-test-secret'
const PEOPLE = ['ann', 'bob', 'carol', 'dave', 'eve', 'frank']
const REQUESTS = 10_000
const SPREAD_MS = 600_000

test('ten thousand webhooks in any order, each up to three times, over eight connections: the same notices as in order', async () => {
  const random = new SeededRandom(7)
  let at = 0
  const layer = await startLayer({ now: () => at })
  for (const person of PEOPLE)
    layer.identities.set(person, { display_name: person, email_address: `${person}@example.test` })
  const [inOrder, shuffled] = await Promise.all([startOne(layer), startOne(layer)])
  try {
    const [first, second] = [await register(layer, inOrder), await register(layer, shuffled)]
    layer.becomeVague() // so that what the webhooks told decides
    layer.hold()
    const began = inOrder.now() - SPREAD_MS
    at = began
    const requestsOf = (webhook: object) => layer.requests.filter((request) => request.webhook === webhook)
    let told = 0
    await happen(layer, random, () => {
      told = layer.requests.length / 2
      at = began + Math.min(SPREAD_MS, Math.round((told / REQUESTS) * SPREAD_MS))
      return told < REQUESTS
    })
    for (const request of requestsOf(first)) await layer.post(request)
    const often = requestsOf(second).flatMap((request) =>
      Array.from({ length: Math.ceil(random.between(0, 3)) || 1 }, () => request),
    )
    await postOver(layer, shuffle(often, random), 8)
    expect(layer.requests.flatMap(({ answers }) => answers).filter((status) => status >= 300 || status === 0)).toEqual(
      [],
    )
    await Promise.all([inOrder.advance(960), shuffled.advance(960)])
    const lines = /line \d+/
    const expected = inOrder.told(lines)
    expect(expected.length).toBeGreaterThan(100)
    expect(shuffled.told(lines)).toEqual(expected)
  } finally {
    await Promise.all([inOrder.cleanUp(), shuffled.cleanUp()])
    await layer.close()
  }
}, 240_000)

function startOne({ baseUrl, appId, token }: LayerFake): Promise<WatchingService> {
  return startWatchingService({
    config: `
sources:
  chat: {platform: layer, secret: ${SECRET}, appId: '${appId}', token: ${token}, baseUrl: '${baseUrl}'}
subaccounts:
  default:
    reminders:
      - {id: missed, steps: [{channel: Email}]}
`,
  })
}

function register(layer: LayerFake, { url }: WatchingService) {
  return layer.register({ version: '1.0', target_url: `${url}/sources/chat`, secret: SECRET })
}

/** People write, receive, read, delete, and come and go, for as long as `goesOn`. */
async function happen(layer: LayerFake, random: SeededRandom, goesOn: () => boolean): Promise<void> {
  const one = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)] as T
  const conversations: { id: string; people: string[]; messages: { id: string; author: string }[] }[] = []
  let lines = 0
  while (goesOn()) {
    if (conversations.length < 200 && random.chance(0.05)) {
      const people = PEOPLE.slice(0, 2 + Math.floor(random.next() * 5))
      conversations.push({ id: await layer.createConversation(people), people, messages: [] })
      continue
    }
    if (conversations.length === 0) continue
    const conversation = one(conversations)
    const { id, people, messages } = conversation
    const person = one(people)
    if (messages.length === 0 || random.chance(0.35)) {
      messages.push({ id: await layer.say(id, person, `line ${++lines}`), author: person })
    } else if (random.chance(0.02)) {
      await layer.deleteMessage(one(messages).id)
    } else if (random.chance(0.004) && people.length > 2) {
      conversation.people = people.filter((each) => each !== person)
      await layer.leave(id, [person])
    } else if (random.chance(0.002)) {
      conversations.splice(conversations.indexOf(conversation), 1)
      await layer.deleteConversation(id)
    } else {
      const unread = messages.filter(({ author }) => author !== person).slice(-3)
      const status = random.chance(0.4) ? 'delivered' : 'read'
      if (unread.length > 0) await layer.receipt(status, person, [one(unread).id])
    }
  }
}

function shuffle(requests: readonly LayerRequest[], random: SeededRandom): LayerRequest[] {
  return requests
    .map((request) => ({ request, place: random.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ request }) => request)
}

async function postOver(layer: LayerFake, requests: readonly LayerRequest[], connections: number): Promise<void> {
  const queue = requests.values()
  const line = async () => {
    for (const request of queue) await layer.post(request)
  }
  await Promise.all(Array.from({ length: connections }, line))
}
