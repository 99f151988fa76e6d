import type { SourceDefinition } from './define-source.ts'
import { genesys } from './genesys/genesys.ts'
import { layer } from './layer/layer.ts'
import { liveperson } from './liveperson/liveperson.ts'

/** Every chat platform that a source can name. Adding one is a file, a line here and a docs page. */
export const SOURCES: readonly SourceDefinition[] = [genesys, layer, liveperson]
