import { openSmallDisk, smallDiskUnavailable } from '#streams/testing'
import { fillDisk, makeRoom } from '../fs-ballast.ts'
import { refusesToWrite } from '../redis-admin.ts'
import { judgeRefusal } from '../redis-refuses.ts'
import type { Scenario } from '../scenario.ts'

/** Holds everything that a form appends: Redis never compacts its file here. */
const DISK_MIB = { short: 192, long: 1_536 }
const SETTINGS = { 'auto-aof-rewrite-percentage': 0 }

export const redisDiskFull: Scenario = {
  name: 'redis-disk-full',
  title: "Redis' disk fills up under load: it refuses writes until there is room again",
  unavailable: smallDiskUnavailable,
  run: (lab, size) =>
    judgeRefusal(lab, size, async (part) => {
      const { folder, close } = await openSmallDisk(DISK_MIB[size])
      lab.cleanup(close)
      return {
        name: `redis-disk-full-${part}`,
        redis: { settings: SETTINGS, dataFolder: folder },
        async begin({ redis, feed }) {
          await fillDisk(folder)
          await feed.until('Redis to find its disk full', () => refusesToWrite(redis.url))
        },
        end: () => makeRoom(folder),
        says: /Redis cannot write to its disk: make room there/,
      }
    }),
}
