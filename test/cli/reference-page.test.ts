import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { createProgram } from '../../src/cli/program.ts'

const page = readFileSync(new URL('../../docs/reference/cli.md', import.meta.url), 'utf8')

/** Commands that do something, by their full name. */
function leaves(command: Command, name: string): [string, Command][] {
  if (command.commands.length === 0) return [[name, command]]
  return command.commands.flatMap((each) => leaves(each, `${name} ${each.name()}`))
}
const commands = leaves(
  createProgram(() => {}),
  'untilread',
)

test('the reference page has a heading for each command, and for no other', () => {
  const headings = [...page.matchAll(/^## (untilread .*)$/gm)].map(([, name]) => name)
  expect(headings).toEqual(commands.map(([name]) => name))
})

test.each(commands)('the page lists the options of %s, and no others', (name, command) => {
  const section = page.split(/^## /m).find((each) => each.startsWith(`${name}\n`)) ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('| `'))
  const listed = rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, option]) => option),
  )
  expect(listed.toSorted()).toEqual(command.options.map(({ flags }) => flags).toSorted())
})
