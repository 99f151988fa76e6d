import { expect, test } from 'vitest'
import { Activity } from './activity.ts'
import { GroupCommit } from './group-commit.ts'

test('what arrives together is committed together, and each caller gets the answer to its own item', async () => {
  const commits: number[][] = []
  const group = new GroupCommit(new Activity(), async (items: readonly number[]) => {
    commits.push([...items])
    return items.map((item) => item * 10)
  })
  expect(await Promise.all([1, 2, 3].map((item) => group.add(item)))).toEqual([10, 20, 30])
  expect(commits).toEqual([[1, 2, 3]])
})

test('what arrives while a commit runs goes into the next one', async () => {
  const commits: string[][] = []
  const gates: (() => void)[] = []
  const group = new GroupCommit(new Activity(), (items: readonly string[]) => {
    commits.push([...items])
    return new Promise<string[]>((resolve) => gates.push(() => resolve([...items])))
  })
  const first = group.add('a')
  await seen(() => gates.length === 1)
  const later = [group.add('b'), group.add('c')]
  gates[0]?.()
  expect(await first).toBe('a')
  await seen(() => gates.length === 2)
  gates[1]?.()
  expect(await Promise.all(later)).toEqual(['b', 'c'])
  expect(commits).toEqual([['a'], ['b', 'c']])
})

test('nobody hears of success before the commit', async () => {
  let commit = () => {}
  const group = new GroupCommit(new Activity(), (items: readonly string[]) => {
    return new Promise<string[]>((resolve) => {
      commit = () => resolve([...items])
    })
  })
  let answered = false
  const answer = group.add('a').then(() => {
    answered = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  expect(answered).toBe(false)
  commit()
  await answer
})

test('one bad item takes none of the others with it', async () => {
  const group = new GroupCommit(new Activity(), async (items: readonly string[]) => {
    if (items.includes('poison')) throw new Error('cannot be stored')
    return [...items]
  })
  const answers = await Promise.allSettled(['a', 'poison', 'b'].map((item) => group.add(item)))
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})

test('it goes on after a failure', async () => {
  let broken = true
  const group = new GroupCommit(new Activity(), async (items: readonly string[]) => {
    if (broken) throw new Error('the database is away')
    return [...items]
  })
  await expect(group.add('a')).rejects.toThrow('away')
  broken = false
  expect(await group.add('b')).toBe('b')
})

test('a commit takes a thousand items at most', async () => {
  const sizes: number[] = []
  const group = new GroupCommit(new Activity(), async (items: readonly number[]) => {
    sizes.push(items.length)
    return [...items]
  })
  await Promise.all(Array.from({ length: 2500 }, (_, item) => group.add(item)))
  expect(sizes).toEqual([1000, 1000, 500])
})

async function seen(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
