import { Doc } from 'yjs'
import { Hub } from '../hub.ts'
import { Provider, type ProviderOptions } from '../provider.ts'
import { ManualEnvironment } from './manual-environment.ts'
import { TestNetwork } from './test-network.ts'
import { TestServer } from './test-server.ts'

/** A server, the network to it, and whoever is connected. */
export interface World {
  readonly server: TestServer
  readonly network: TestNetwork
  readonly environment: ManualEnvironment
  /** Opens a document in a page of its own, or in one that is named. */
  open(options?: Partial<ProviderOptions> & { readonly page?: string }): Provider
  /** Everything arrives, is committed, and is told of. */
  rest(): Promise<void>
  /** Time passes, with all that arrives meanwhile, and the server's beats. */
  pass(ms: number): Promise<void>
}

/** Makes a world. */
export const createWorld = (server = new TestServer(), chance?: () => number): World => {
  const network = new TestNetwork(server)
  const environment = new ManualEnvironment(chance)
  const hubs = new Map<string, Hub>()
  const hubOf = (page: string): Hub => {
    const hub =
      hubs.get(page) ??
      new Hub({
        url: page,
        transports: [network.transport],
        environment,
        onEmpty: () => hubs.delete(page),
      })
    hubs.set(page, hub)
    return hub
  }
  let pages = 0
  return {
    server,
    network,
    environment,
    open({ page = `page ${++pages}`, ...options } = {}) {
      return new Provider({
        document: 'notes',
        doc: new Doc(),
        token: () => null,
        presence: false,
        offline: null,
        hub: () => hubOf(page),
        environment,
        ...options,
      })
    },
    async rest() {
      for (let i = 0; i < 3; i++) {
        environment.pass(20)
        await network.settle()
        server.commit()
        await network.settle()
        server.tellPositions()
      }
      await network.settle()
    },
    async pass(ms) {
      for (let left = ms; left > 0; left -= 500) {
        environment.pass(Math.min(left, 500))
        if (left % 5_000 < 500) server.tellAll({ kind: 'beat', spreadMs: 0 })
        await network.settle()
      }
    },
  }
}
