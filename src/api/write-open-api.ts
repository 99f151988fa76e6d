import { writeFile } from 'node:fs/promises'
import { buildApi } from './api.ts'
import type { ApiOptions } from './house.ts'

/** The OpenAPI document as text. Routes are only described, never called, so what they would call is left out. */
export async function openApiText(): Promise<string> {
  const nothing = {} as ApiOptions
  const badge = { ...({} as NonNullable<ApiOptions['badge']>), config: { origins: [], perMinute: 60 } }
  const app = buildApi({ ...nothing, newId: () => '', sha256: () => '', badge })
  await app.ready()
  const text = `${JSON.stringify(app.swagger(), null, 2)}\n`
  await app.close()
  return text
}

if (import.meta.main) await writeFile(new URL('../../openapi.json', import.meta.url), await openApiText())
