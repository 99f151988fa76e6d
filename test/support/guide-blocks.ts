import { readFileSync } from 'node:fs'

export function readGuide(guide: string): string {
  return readFileSync(new URL(`../../docs/guides/${guide}.md`, import.meta.url), 'utf8')
}

/** The fenced blocks of a guide in one language, in their order: what people will copy is what is tested. */
export function guideBlocks(guide: string, language: string): string[] {
  return blocksIn(readGuide(guide), language)
}

export function blocksIn(page: string, language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text)
}

export function blockWith(guide: string, language: string, words: string): string {
  const block = guideBlocks(guide, language).find((text) => text.includes(words))
  if (block === undefined) throw new Error(`the guide ${guide} has no ${language} block with ${words}`)
  return block
}
