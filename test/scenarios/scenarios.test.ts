import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseScenario } from '../support/scenario.ts'

// UPDATE_SCENARIOS=1 writes what happens now as what is expected: review it as a diff.
const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.txt'))

test('there are stories, and no two teach the same', () => {
  const lessons = files.map((file) => parseScenario(read(file)).lesson)
  expect(lessons.length).toBeGreaterThanOrEqual(20)
  expect(new Set(lessons).size).toBe(lessons.length)
})

for (const file of files) {
  const { lesson, expected, play } = parseScenario(read(file))
  test(`${file}: ${lesson}`, () => {
    const played = play()
    if (process.env.UPDATE_SCENARIOS === '1') {
      const [story = ''] = read(file).split(/^----\n/m)
      writeFileSync(new URL(file, import.meta.url), `${story}----\n${played}`)
    } else {
      expect(played).toBe(expected)
    }
  })
}

test.each([
  ['sequence: SMS\n', 'opens with'],
  ['# Lesson.\nsequence: SMS 5s\n', 'whole seconds'],
  ['# Lesson.\nsequence: SMS\n00:00:00 dance\n', '00:00:00 dance'],
  ['# Lesson.\nsequence: SMS\n00:00:00 answer 1: perhaps\n', 'perhaps'],
  ['# Lesson.\nsequence: SMS\n00:00:00 receipt 1: seen\n', 'seen'],
  ['# Lesson.\nsequence: SMS\n00:00:00 answer 2: accepted\n', 'no such send'],
  ['# Lesson.\nsequence: SMS\n0:0 cancel\n', '0:0'],
  ['# Lesson.\nsequence: SMS\ncolour: blue\n', 'colour'],
])('a story that cannot be read says so: %j', (text, problem) => {
  expect(() => parseScenario(text).play()).toThrow(problem)
})

function read(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8')
}
