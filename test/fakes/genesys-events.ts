/**
 * The events of Genesys Cloud as they leave it: the fields of a body are those of the topic's schema, the wrappings those of
 * EventBridge, of the notification envelope, and of a data action that passes on what a trigger gave its workflow.
 */
export type GenesysEvent = { topic: 'customer.end' | 'undelivered.messages'; body: Record<string, unknown> }

/**
 * `primitives`: simple fields only, as a trigger with TopLevelPrimitives passes them. `json`: the whole body.
 * `quoted`: as `primitives`, by a data action's template, in which all is text and what is missing is empty.
 */
export type EventForm = 'primitives' | 'quoted' | 'json' | 'envelope' | 'event-bridge'
export const EVENT_FORMS: readonly EventForm[] = ['primitives', 'quoted', 'json', 'envelope', 'event-bridge']

/** A customer's session that ended, with the fields of the vendor's sample. */
export function customerEnd(over: Record<string, unknown> = {}): GenesysEvent {
  const body = {
    eventTime: Date.parse('2024-05-02T09:20:00Z'),
    conversationId: '2f7bf00a-0fc2-4d6a-9b56-92238191433e',
    participantId: '9fb2ca78-8389-4758-b76a-9b0300de1fce',
    sessionId: 'c03d300e-fa79-4353-9695-b97a71322785',
    disconnectType: 'PEER',
    mediaType: 'MESSAGE',
    messageType: 'WEBMESSAGING',
    direction: 'INBOUND',
    externalContactId: '12456349-b5c7-4d8f-9eb4-f4df18bce9a9',
    conversationExternalContactIds: ['12456349-b5c7-4d8f-9eb4-f4df18bce9a9'],
    interactingDurationMs: 1_200_000,
    ...over,
  }
  return { topic: 'customer.end', body }
}

/** Messages that did not reach the messenger of a deployment. */
export function undeliveredMessages(over: Record<string, unknown> = {}): GenesysEvent {
  const body = {
    conversationId: '2f7bf00a-0fc2-4d6a-9b56-92238191433e',
    deploymentId: '0a1b2c3d-0000-4000-8000-000000000003',
    participantId: '1b7c5a10-1111-4222-8333-944455556666',
    externalContactId: '12456349-b5c7-4d8f-9eb4-f4df18bce9a9',
    communicationId: 'd1e2f3a4-0000-4000-8000-000000000002',
    sessionExpiry: 1_714_900_000,
    messages: [{ id: 'm-3', eventTimeMs: Date.parse('2024-05-02T09:15:00Z') }],
    eventTimeMs: Date.parse('2024-05-02T09:15:30Z'),
    ...over,
  }
  return { topic: 'undelivered.messages', body }
}

/** The body of one request; `serial` makes EventBridge's own id, which differs between two deliveries of one event. */
export function bodyOf({ topic, body }: GenesysEvent, form: EventForm, serial = 1): Record<string, unknown> {
  const simple = Object.entries(body).filter(([, value]) => typeof value !== 'object')
  switch (form) {
    case 'primitives':
      return Object.fromEntries(simple)
    case 'quoted':
      return {
        topicName: topicOf(topic, '{id}'),
        externalContactId: '',
        ...Object.fromEntries(simple.map(([name, value]) => [name, String(value)])),
      }
    case 'json':
      return body
    case 'envelope':
      return envelopeOf({ topic, body })
    case 'event-bridge':
      return {
        version: '0',
        id: `58fb5dac-f077-4eec-a25f-${String(serial).padStart(12, '0')}`,
        'detail-type': topicOf(topic, '{id}'),
        source: 'aws.partner/genesys.com/cloud/7a9ed3a4-0000-4000-8000-000000000009/untilread',
        account: '123456789012',
        time: '2024-05-02T09:20:00Z',
        region: 'us-east-1',
        resources: [],
        detail: { ...envelopeOf({ topic, body }), timestamp: '2024-05-02T09:20:00.013Z' },
      }
  }
}

function envelopeOf({ topic, body }: GenesysEvent): Record<string, unknown> {
  const about = topic === 'customer.end' ? body.conversationId : body.deploymentId
  const metadata = { CorrelationId: '7272d362-23b2-4c14-9d40-dc7b7683153a' }
  return { topicName: topicOf(topic, String(about)), version: '2', eventBody: body, metadata }
}

function topicOf(topic: GenesysEvent['topic'], id: string): string {
  return topic === 'customer.end'
    ? `v2.detail.events.conversation.${id}.customer.end`
    : `v2.webmessaging.deployments.${id}.undelivered.messages`
}

/** Posts events one after another, in this order; list one twice for a duplicate. Answers the statuses. */
export async function emitEvents(
  url: string,
  events: readonly { event: GenesysEvent; form: EventForm }[],
  headers: Record<string, string>,
): Promise<number[]> {
  const statuses: number[] = []
  for (const [index, { event, form }] of events.entries()) {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(bodyOf(event, form, index + 1)),
    })
    await answer.arrayBuffer()
    statuses.push(answer.status)
  }
  return statuses
}
