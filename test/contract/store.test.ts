import { PLACES } from '../support/stores.ts'
import { describeStore } from './store-contract.ts'

describeStore('a SQLite file', PLACES['sqlite file'], { twoNodes: 'SQLite serves one node' })
describeStore('PostgreSQL', PLACES.postgres)
