import type { ChannelDefinition } from './define-channel.ts'

/** Every provider that a connection can name. Adding one is a file, a line here and a docs page. */
export const CHANNELS: readonly ChannelDefinition[] = []
