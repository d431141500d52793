import type { Addresses, CommandContext } from '../contract.ts'
import { OperatorError } from '../errors.ts'

/** Where each service is, or why nobody knows. */
export type KnownAddresses = { [S in keyof Addresses]: Addresses[S] | OperatorError }

/** Each service by itself: the others are looked at when one is not known. */
export async function knownAddresses({
  addresses,
}: Pick<CommandContext<unknown>, 'addresses'>): Promise<KnownAddresses> {
  const orWhy = async <Address>(asked: Promise<Address>): Promise<Address | OperatorError> => {
    try {
      return await asked
    } catch (error) {
      if (error instanceof OperatorError) return error
      throw error
    }
  }
  const [kafka, registry, redis] = await Promise.all([
    orWhy(addresses(['kafka']).then((found) => found.kafka)),
    orWhy(addresses(['registry']).then((found) => found.registry)),
    orWhy(addresses(['redis']).then((found) => found.redis)),
  ])
  return { kafka, registry, redis }
}
