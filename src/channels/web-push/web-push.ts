import { type Static, Type } from 'typebox'
import library from 'web-push'
import type { SendOutcome } from '../../domain/message.ts'
import type { Outgoing } from '../../engine/ports/channel.ts'
import { withoutSlash } from '../../http/base-url.ts'
import { createHttpClient, type HttpClient } from '../../http/http-client.ts'
import { textIn } from '../../json/loose-json.ts'
import { defineChannel, listOf, Secrets, type World } from '../define-channel.ts'
import { beaconsFor, readBeacon } from './beacons.ts'
import { notificationOf, pushFieldsOf } from './notification.ts'
import { isServedBy, readSubscription, type Subscription } from './subscription.ts'
import { arePair } from './vapid-keys.ts'
import { outcomeOfAnswer } from './web-push-outcome.ts'

/**
 * Notifications in browsers, over the push service that each browser has (RFC 8030, 8291, 8292). The subscription comes with
 * the message; what became of it is told by the operator's service worker, over signed URLs that travel inside the message.
 */
const PUSH_SERVICES = [
  'fcm.googleapis.com',
  'jmt17.google.com', // Chromium that was built without Google's keys
  'push.services.mozilla.com',
  'notify.windows.com',
  'push.apple.com',
]

/**
 * Of the header `TTL`. Zero would mean not to keep the message at all, which Microsoft takes only together with a header of
 * its own: https://github.com/web-push-libs/pywebpush/issues/162
 */
const TTL_SECONDS = { min: 1, max: 2_419_200 }

/**
 * What one record of 4096 bytes holds beside its header, its padding and its tag.
 * https://www.rfc-editor.org/rfc/rfc8291#section-4
 */
const LONGEST_PAYLOAD = 3_993

/** The alphabet of base64url. Apple decodes it, so a length that no base64 has is refused: BadWebPushTopic. */
const TOPIC_PATTERN = '^(?=.{1,32}$)(?!(.{4})*.$)[A-Za-z0-9_-]+$'

const SHORTEST_BEACON_SECRET = 24

const config = Type.Object({
  subject: Type.String({
    pattern: '^(mailto:[^\\s@]+@[^\\s@]+\\.[^\\s@]+|https://[^\\s/]+\\.[^\\s/]+(/\\S*)?)$',
    expected: 'mailto: and an address, without a space between, or an https URL; localhost is refused by Apple',
    example: 'mailto:push@example.com',
    description: 'Where the people of a push service can write to when there is trouble with your messages.',
  }),
  publicKey: Type.String({
    pattern: '^B[A-Za-z0-9_-]{86}$',
    expected: 'the public half of a VAPID key pair: 87 characters of base64url',
    example: 'BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8',
    description: 'The VAPID public key: the one that your website subscribes with, as its `applicationServerKey`.',
  }),
  privateKey: Type.String({
    pattern: '^[A-Za-z0-9_-]{43}$',
    expected: 'the private half of a VAPID key pair: 43 characters of base64url',
    secret: true,
    description: 'The VAPID private key that belongs to `publicKey`.',
  }),
  beaconSecret: Type.Optional(
    Secrets({
      unset: 'nothing is heard of a message after `accepted`',
      description:
        'Signs the URLs by which your service worker reports, at least 24 characters. A list while it is being changed: the ' +
        'first signs, any is good for what comes in.',
    }),
  ),
  title: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 100,
      unset: 'the service worker’s own',
      description: 'Title of notifications whose message brings none in `content.push.title`.',
    }),
  ),
  urgency: Type.Optional(
    Type.Enum(['very-low', 'low', 'normal', 'high'], {
      default: 'normal',
      description: 'What the message is worth to a device that saves its battery: `high` wakes it.',
    }),
  ),
  topic: Type.Optional(
    Type.String({
      pattern: TOPIC_PATTERN,
      expected: '1 to 32 letters, digits, - and _, and not 1, 5, 9, 13, 17, 21, 25 or 29 of them, which Apple refuses',
      example: 'news',
      unset: 'each message waits for itself',
      description: 'A message that still waits is replaced by the next with this topic to the same browser.',
    }),
  ),
  pushServices: Type.Optional(
    Type.Array(
      Type.String({
        pattern: '^[a-z0-9-]+(\\.[a-z0-9-]+)+(:\\d{1,5})?$',
        expected: 'a host name in small letters such as push.example.com, with its port where that is not 443',
      }),
      {
        minItems: 1,
        default: PUSH_SERVICES,
        description:
          'Hosts that a subscription may lead to, each with all below it, over https. Whoever sends a message chooses the ' +
          'subscription, so what is not here gets no request.',
      },
    ),
  ),
  baseUrl: Type.Optional(
    Type.String({
      pattern: '^https?://',
      unset: 'the push service of the subscription',
      description:
        'Takes all requests in place of the push services, with the path of each after its own: for a relay, or a ' +
        'stand-in for tests.',
    }),
  ),
})
type Config = Static<typeof config>

export const webPush = defineChannel({
  id: 'web-push',
  serves: ['Push'],
  summary: 'Notifications in browsers, through Web Push.',
  config,
  check: ({ publicKey, privateKey, beaconSecret }) => [
    ...(arePair(publicKey, privateKey)
      ? []
      : [
          {
            field: 'privateKey',
            message: 'does not belong to publicKey: set both to the halves of one VAPID key pair',
          },
        ]),
    // Whoever gets a message has a text and its signature, and could try secrets on it at home.
    ...(listOf(beaconSecret).some((secret) => secret.length < SHORTEST_BEACON_SECRET)
      ? [{ field: 'beaconSecret', message: `has fewer than ${SHORTEST_BEACON_SECRET} characters: use a random one` }]
      : []),
  ],
  abilities: (_channel, { beaconSecret }) => ({
    reports: beaconSecret === undefined ? ['accepted'] : ['accepted', 'delivered', 'read'],
    address: 'any',
    carries: ['text'],
    takesIdempotencyKey: false,
    validity: { minMs: TTL_SECONDS.min * 1000, maxMs: TTL_SECONDS.max * 1000 },
  }),
  create: (config, world) => {
    const http = createHttpClient()
    const secrets = listOf(config.beaconSecret)
    return {
      send: (outgoing, signal) => send(http, config, world, outgoing, signal),
      receive: (request) => readBeacon(request, secrets),
      close: http.close,
    }
  },
})

async function send(
  http: HttpClient,
  config: Config,
  world: World,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<SendOutcome> {
  const { address, user, content, attemptRef } = outgoing
  const push = pushFieldsOf(outgoing)
  const subscription = readSubscription(push.subscription)
  if (subscription === undefined) {
    const detail =
      push.subscription === undefined
        ? 'the message brings no subscription of a browser in content.push.subscription'
        : 'content.push.subscription is no subscription of a browser'
    return { kind: 'rejected', reason: 'recipient', detail }
  }
  const { endpoint } = subscription
  if (!isServedBy(config.pushServices ?? PUSH_SERVICES, endpoint)) {
    return { kind: 'rejected', reason: 'recipient', detail: 'the endpoint is at no host of pushServices, over https' }
  }
  if (!content.text) return { kind: 'rejected', reason: 'content', detail: 'there is no text to send' }
  const topic = textIn(push.topic) ?? config.topic
  if (topic !== undefined && !new RegExp(TOPIC_PATTERN).test(topic)) {
    return { kind: 'rejected', reason: 'content', detail: 'content.push.topic is no topic that all push services take' }
  }
  const [secret] = listOf(config.beaconSecret)
  const beacons = secret === undefined ? undefined : beaconsFor(world.callbackUrl, attemptRef, secret)
  const payload = Buffer.from(JSON.stringify(notificationOf(outgoing, content.text, { title: config.title, beacons })))
  if (payload.length > LONGEST_PAYLOAD) {
    const detail = `the notification has ${payload.length} bytes; push services take ${LONGEST_PAYLOAD}`
    return { kind: 'rejected', reason: 'content', detail }
  }
  const result = await http.call(requestFor(subscription, payload, config, { topic, ttl: ttlOf(outgoing) }), signal)
  // A person may subscribe again, and a name for the person must not be shut for that; an id of this one subscription may.
  const isOwnAddress = address === user.channelUserId
  return outcomeOfAnswer(result, { now: world.clock.now(), endpoint, isOwnAddress })
}

/** The login runs by the real time, for that is what push services live in, wherever a test or the sandbox has moved ours. */
function requestFor(
  subscription: Subscription,
  payload: Buffer,
  { subject, publicKey, privateKey, urgency, baseUrl }: Config,
  { topic, ttl }: { topic: string | undefined; ttl: number },
) {
  const { headers, body } = library.generateRequestDetails(subscription, payload, {
    vapidDetails: { subject, publicKey, privateKey },
    contentEncoding: 'aes128gcm',
    TTL: ttl,
    ...(urgency !== undefined && { urgency }),
    ...(topic !== undefined && { topic }),
  })
  const { pathname, search } = new URL(subscription.endpoint)
  return {
    url: baseUrl === undefined ? subscription.endpoint : withoutSlash(baseUrl) + pathname + search,
    // Those that it gives as numbers, too. The HTTP client counts the body by itself.
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])),
    body,
  }
}

/** Rounded down: a notification that comes a moment after its step has ended is the one that nobody wants. */
function ttlOf({ validForMs }: Outgoing): number {
  if (validForMs === undefined) return TTL_SECONDS.max
  return Math.min(Math.max(Math.floor(validForMs / 1000), TTL_SECONDS.min), TTL_SECONDS.max)
}
