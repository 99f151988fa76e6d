import { expect, test } from 'vitest'
import { checkTemplate } from './check-template.ts'

test.each([
  'Hello',
  '{{ person.name | default: "you" }}, {{ count }} unread',
  '{% for item in items %}{{ forloop.index }}. {{ item.author }} {{ item.at | date: "time" }}: {{ item.text }}{% endfor %}',
  '{{ conversation.metadata.plan }} {{ conversation.metadata["a b"] }} {{ items[2].text }} {{ items.size }} {{ items.first.text }}',
  '{% if count == 1 %}{% assign tail = "one" %}{% endif %}{{ tail }}',
  '{% if link %}{{ link }}{% endif %}{{ now | date: "%A, %-d %B %Y, %l:%M %p", "Europe/Berlin" }}',
  '{% capture x %}{{ brand }}{% endcapture %}{{ x | strip }}',
  '{{ items | map: "text" | join: ", " }}{% tablerow i in items cols:2 %}{{ i.text }}{% endtablerow %}',
])('%s is fine', (template) => {
  expect(checkTemplate(template)).toBeUndefined()
})

test.each([
  ['{{ persn.name }}', /^line 1: there is no persn; there are person, conversation, source, items, /],
  ['\n\n{{ person.nme }}', /^line 3: person has no nme; it has id, name, language, timeZone$/],
  ['{% if person.nme %}x{% endif %}', /^line 1: person has no nme/],
  ['{% for item in items %}\n{{ item.txt }}{% endfor %}', /^line 2: there is no item\.txt$/],
  ['{{ now | dat }}', /^line 1: undefined filter: dat$/],
  ['{{ now | date: "%Q" }}', /^line 1: date does not know %Q$/],
  ['{{ now | date: "tme" }}', /^line 1: date takes full, day, time or codes/],
  ['{{ now | date: "time", "Mars/Phobos" }}', /^line 1: date takes a zone such as/],
  ['{% if count %}', /^line 1: tag \{% if count %\} not closed$/],
  ['{{ count', /^line 1: output "\{\{ count" not closed$/],
  ['a\n{% include "x" %}', /^line 2: tag "include" not found$/],
  ['{% render "x" %}', /tag "render" not found/],
  ['{% layout "x" %}', /tag "layout" not found/],
  ['{{ items | where_exp: "i", "i.text" }}', /undefined filter: where_exp/],
  ['{{ items | sample }}', /undefined filter: sample/],
  ['{% for i in (1..100000000) %}x{% endfor %}', /^line 1: takes too much memory$/],
  [
    '{% for i in (1..1000) %}{% for j in (1..1000) %}{% for k in (1..1000) %}x{% endfor %}{% endfor %}{% endfor %}',
    /takes too long/,
  ],
  ['{% if count %}'.repeat(7000), /^line \d+: nests too deeply$/],
  ['x'.repeat(100_001), /^has 100001 characters; at most 100000 are allowed$/],
])('%s is not', (template, problem) => {
  expect(checkTemplate(template)).toMatch(problem)
})
