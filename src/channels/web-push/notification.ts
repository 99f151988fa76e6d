import type { Outgoing } from '../../engine/ports/channel.ts'
import { type Fields, fieldsOf, textIn } from '../../json/loose-json.ts'
import type { Beacons } from './beacons.ts'

/** What the service worker is given, as JSON. docs/guides/web-push.md is the contract with those who write it. */
export type Notification = {
  text: string
  /** The same for each try of a step: a browser that gets it twice shows it once. */
  tag: string
  title?: string
  url?: string
  icon?: string
  beacons?: Beacons
}

/** The fields that are for this channel, `content.push`. */
export function pushFieldsOf({ content }: Outgoing): Fields {
  return fieldsOf(content.content.push) ?? {}
}

export function notificationOf(
  outgoing: Outgoing,
  text: string,
  more: { title: string | undefined; beacons: Beacons | undefined },
): Notification {
  const push = pushFieldsOf(outgoing)
  const title = textIn(push.title) ?? more.title
  const url = textIn(push.url)
  const icon = textIn(push.icon)
  return {
    text,
    tag: textIn(push.tag) ?? outgoing.attemptRef,
    ...(title !== undefined && { title }),
    ...(url !== undefined && { url }),
    ...(icon !== undefined && { icon }),
    ...(more.beacons !== undefined && { beacons: more.beacons }),
  }
}
