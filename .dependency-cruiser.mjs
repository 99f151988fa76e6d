// The direction of imports, checked; each rule with its reason. Arrows point inward: cli → api → engine → domain.
const TESTS = '\\.test\\.ts$'
const PACKAGES = ['core', 'npm', 'npm-dev', 'npm-no-pkg', 'npm-unknown']

/** Files of a room may import their own room, these rooms, and packages. */
const room = (name, others, comment) => ({
  name: `${name}-imports`,
  severity: 'error',
  comment,
  from: { path: `^src/${name}/`, pathNot: TESTS },
  to: { pathNot: [name, ...others].map((each) => `^src/${each}/`), dependencyTypesNot: PACKAGES },
})
const rule = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to })

export default {
  forbidden: [
    rule(
      'domain-stands-alone',
      'rules of delivery need no I/O and no library',
      { path: '^src/domain/', pathNot: TESTS },
      { pathNot: '^src/domain/' },
    ),
    room('engine', ['domain'], 'the engine knows the world only through its ports'),
    room('store', ['engine/ports', 'domain'], 'an adapter implements ports and never uses the engine'),
    room(
      'channels',
      ['engine/ports', 'domain', 'http', 'json', 'signing', 'genesys-cloud'],
      'an adapter implements ports and never uses the engine',
    ),
    room(
      'sources',
      ['engine/ports', 'domain', 'http', 'json', 'signing', 'words', 'genesys-cloud'],
      'an adapter implements ports and never uses the engine',
    ),
    room('directory', ['engine/ports', 'domain', 'http', 'signing'], 'an adapter implements ports'),
    room('templates', ['domain', 'engine/ports'], 'texts know what they are told, and nothing that runs'),
    room('genesys-cloud', ['http', 'json', 'engine/ports', 'words'], 'one platform, spoken with from two sides'),
    room('json', [], 'a value that somebody else wrote is read alike everywhere'),
    room('http', [], 'a call over HTTP knows nothing of what it carries'),
    room(
      'api',
      ['engine', 'domain', 'phone', 'signing', 'templates', 'words'],
      'a route is a schema, one call into the engine, a mapping of the answer',
    ),
    room(
      'config',
      ['channels', 'sources', 'domain', 'phone', 'templates', 'words'],
      'configuration knows what can be configured, and nothing that runs',
    ),
    room('words', [], 'help for texts knows nothing of what they say'),
    room(
      'phone',
      ['domain'],
      'phone numbers are read alike everywhere: numbering plans are a library, which the domain has none of',
    ),
    room('signing', [], 'signatures are bytes and a key'),
    room(
      'client',
      ['domain', 'engine/ports', 'system'],
      'the client is published for others: it knows the HTTP API, and a clock to wait by',
    ),
    room('system', ['engine/ports'], 'the real world implements ports'),
    rule(
      'main-is-the-root',
      'only the command line starts the house',
      { path: '^src/', pathNot: '^src/cli/' },
      { path: '^src/main\\.ts$' },
    ),
    rule(
      'providers-apart',
      'a provider knows its own protocol; what several need stands beside them',
      { path: '^src/(channels|sources)/([^/]+)/' },
      { path: '^src/(channels|sources)/[^/]+/', pathNot: '^src/$1/$2/' },
    ),
    rule('no-cycles', 'a cycle is two files that are one', {}, { circular: true }),
    rule(
      'product-without-tests',
      'the product runs without its tests',
      { path: '^src/', pathNot: TESTS },
      { path: '^(test|bench)/' },
    ),
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
