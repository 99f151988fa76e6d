import { ERRORS } from './errors.ts'

/** Renders an OpenAPI document as one static page. It reads only what our own document uses. */
export function renderReference(document: object): string {
  const { info, paths = {}, tags = [] } = resolved(document) as Document
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method: method.toUpperCase() })),
  )
  const sections = tags.map(({ name }) => ({
    name,
    operations: operations.filter((operation) => operation.tags?.includes(name)),
  }))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(info.title)} API</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<nav aria-label="Contents">
<p><strong>${html(info.title)} API</strong></p>
${sections.map(navSection).join('\n')}
<p><a href="#errors">Errors</a></p>
<p><a href="/openapi.json">openapi.json</a></p>
</nav>
<main id="content">
<h1>${html(info.title)} API</h1>
<p>${prose(info.description ?? '')}</p>
${sections.map(section).join('\n')}
<section><h2 id="errors">Errors</h2>
<p>Every error is <code>{"code", "message", "errorId", "timestamp"}</code>. The message starts with the path of the field.</p>
<div class="scroll"><table><thead><tr><th scope="col">Code</th><th scope="col">HTTP</th><th scope="col">Meaning</th></tr></thead><tbody>
${Object.entries(ERRORS)
  .map(([code, { status, title }]) => `<tr><td>${code}</td><td>${status}</td><td>${html(title)}</td></tr>`)
  .join('\n')}
</tbody></table></div></section>
</main>
</body>
</html>
`
}

/** The document with each reference replaced by what it names; ours never go round in circles. */
function resolved(document: object): object {
  const { components } = document as { components?: { schemas?: Record<string, object> } }
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk)
    if (typeof node !== 'object' || node === null) return node
    const name = '$ref' in node ? String(node.$ref).split('/').at(-1) : undefined
    if (name !== undefined) return walk(components?.schemas?.[name])
    return Object.fromEntries(Object.entries(node).map(([field, child]) => [field, walk(child)]))
  }
  return walk(document) as object
}

type Schema = {
  type?: string
  format?: string
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  anyOf?: Schema[]
  enum?: unknown[]
  minimum?: number
  maximum?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
}
type Content = { content?: Record<string, { schema?: Schema }>; description?: string }
type Operation = {
  summary?: string
  description?: string
  tags?: string[]
  security?: object[]
  parameters?: { name: string; in: string; required?: boolean; schema?: Schema; description?: string }[]
  requestBody?: Content
  responses?: Record<string, Content>
}
type Document = {
  info: { title: string; description?: string }
  tags?: { name: string }[]
  paths?: Record<string, Record<string, Operation>>
}
type Listed = Operation & { path: string; method: string }

function anchor({ method, path }: Listed): string {
  return `${method}-${path}`.toLowerCase().replace(/[^a-z0-9]+/g, '-')
}

function navSection({ name, operations }: { name: string; operations: Listed[] }): string {
  const links = operations.map((each) => `<li><a href="#${anchor(each)}">${html(each.summary ?? each.path)}</a></li>`)
  return `<p>${html(name)}</p><ul>${links.join('')}</ul>`
}

function section({ name, operations }: { name: string; operations: Listed[] }): string {
  return `<section><h2>${html(name)}</h2>${operations.map(operationHtml).join('\n')}</section>`
}

function operationHtml(operation: Listed): string {
  const { method, path, summary, description, parameters = [], requestBody, responses = {}, security } = operation
  const body = schemaOf(requestBody)
  const good = schemaOf(responses['200'])
  const errors = Object.keys(responses).filter((status) => status !== '200')
  return `<article id="${anchor(operation)}"><h3>${html(summary ?? path)}</h3>
<p class="route"><b>${method}</b> <code>${html(path).replaceAll('/', '/<wbr>')}</code></p>
<p>${prose(description ?? '')}${security?.length === 0 ? ' No key needed.' : ''}</p>
${parameters.length === 0 ? '' : `<h4>Parameters</h4><ul>${parameters.map(parameterHtml).join('')}</ul>`}
${body === undefined ? '' : `<h4>Body</h4>${fields(body)}`}
${good === undefined ? '' : `<h4>Answer</h4>${fields(good)}`}
${errors.length === 0 ? '' : `<p class="note">Other answers: ${errors.join(', ')}.</p>`}
</article>`
}

function parameterHtml({
  name,
  in: place,
  required,
  schema = {},
  description,
}: NonNullable<Operation['parameters']>[number]) {
  const where = place === 'path' ? 'in the path' : place
  return `<li><code>${html(name)}</code> <i>${where}${required ? '' : ', optional'}</i> ${prose(description ?? schema.description ?? '')}</li>`
}

function schemaOf(content: Content | undefined): Schema | undefined {
  return Object.values(content?.content ?? {})[0]?.schema
}

/** The fields of an object as a list; what has fields of its own folds. */
function fields(schema: Schema): string {
  const inner = core(schema)
  if (inner.properties === undefined || Object.keys(inner.properties).length === 0) {
    return `<p><i>${html(kind(schema))}</i> ${prose(schema.description ?? '')}</p>`
  }
  const required = inner.required ?? []
  const rows = Object.entries(inner.properties).map(([name, child]) => field(name, child, required.includes(name)))
  const list = `<ul>${rows.join('')}</ul>`
  return schema === inner ? list : `<p><i>${html(kind(schema))}</i>, each with:</p>${list}`
}

function field(name: string, schema: Schema, required: boolean): string {
  const inner = core(schema)
  const label = `<code>${html(name)}</code> <i>${html(kind(schema))}${required ? ', required' : ''}</i> ${prose(schema.description ?? '')}`
  if (inner.properties === undefined || Object.keys(inner.properties).length === 0) return `<li>${label}</li>`
  const required2 = inner.required ?? []
  const rows = Object.entries(inner.properties).map(([each, child]) => field(each, child, required2.includes(each)))
  return `<li><details><summary>${label}</summary><ul>${rows.join('')}</ul></details></li>`
}

/** Past lists and "or null" to what has fields. */
function core(schema: Schema): Schema {
  if (schema.items !== undefined) return core(schema.items)
  const object = schema.anyOf?.find((option) => core(option).properties !== undefined)
  return object === undefined ? schema : core(object)
}

function kind(schema: Schema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(kind).join(' or ')
  if (schema.enum !== undefined) return schema.enum.map((each) => JSON.stringify(each)).join(' | ')
  const { type, items, format, minimum, maximum, maxLength, maxItems } = schema
  if (type === 'array') {
    return `list of ${items === undefined ? 'anything' : kind(items)}${maxItems === undefined ? '' : `, up to ${maxItems}`}`
  }
  if (type === 'string') return format ?? (maxLength === undefined ? 'text' : `text up to ${maxLength}`)
  const range = minimum === undefined || maximum === undefined ? '' : ` ${minimum}–${maximum}`
  return `${type ?? 'anything'}${range}`
}

function html(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** Text with `code` in it. */
function prose(text: string): string {
  return html(text).replace(/`([^`]+)`/g, '<code>$1</code>')
}

const STYLE = `
:root{color-scheme:light dark;--line:light-dark(#d8dce2,#3a4048);--soft:light-dark(#f3f5f8,#1d2127);--mark:light-dark(#0b57b8,#8ab8ff);--quiet:light-dark(#555d68,#a8b0bb)}
*{box-sizing:border-box}
body{margin:0;font:16px/1.55 system-ui,sans-serif;background:light-dark(#fff,#14171b);color:light-dark(#15181c,#e6e9ee);display:grid;grid-template-columns:17rem minmax(0,1fr)}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1rem;border-right:1px solid var(--line);background:var(--soft);font-size:.9rem}
nav p{margin:.9rem 0 .2rem;font-weight:600}nav ul{margin:0;padding:0;list-style:none}nav li{margin:.2rem 0}
main{padding:1rem 2rem 4rem;max-width:58rem}
a{color:var(--mark)}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}article{margin:2rem 0;scroll-margin-top:1rem}
code{font:.9em ui-monospace,monospace;background:var(--soft);padding:.1em .3em;border-radius:.25em;overflow-wrap:anywhere}
.route b{color:var(--mark);font-family:ui-monospace,monospace}i,.note{color:var(--quiet);font-style:normal;font-size:.9em}
main ul{padding-left:1.2rem}main li{margin:.25rem 0}summary{cursor:pointer}
.scroll{overflow-x:auto}table{border-collapse:collapse}th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line)}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--soft);padding:.5rem}
:focus-visible{outline:2px solid var(--mark);outline-offset:2px}
@media(max-width:50rem){body{display:block}nav{position:static;height:auto;max-height:40vh;border-right:0;border-bottom:1px solid var(--line)}main{padding:1rem}}
`
