import { openSmallDisk, smallDiskUnavailable } from '#streams/testing'
import { refusesToWrite } from '../redis-admin.ts'
import { judgeRefusal } from '../redis-refuses.ts'
import type { Scenario } from '../scenario.ts'

/** Holds everything that a form appends: Redis never compacts its file here. */
const DISK_MIB = { short: 192, long: 1_536 }
/** Less than what a portion appends. */
const SPARE_KIB = 256
const SETTINGS = { 'auto-aof-rewrite-percentage': 0 }

export const redisDiskFull: Scenario = {
  name: 'redis-disk-full',
  title: "Redis' disk fills up under load: it refuses writes until there is room again",
  unavailable: smallDiskUnavailable,
  run: (lab, size) =>
    judgeRefusal(lab, size, async (part) => {
      const disk = await openSmallDisk(DISK_MIB[size])
      lab.cleanup(() => disk.close())
      return {
        name: `redis-disk-full-${part}`,
        redis: { settings: SETTINGS, dataFolder: disk.folder },
        prepare: () => disk.tighten(SPARE_KIB),
        begin: ({ redis, feed }) => feed.until('Redis to find its disk full', () => refusesToWrite(redis)),
        end: () => disk.enlarge(DISK_MIB[size]),
        says: /Redis cannot write to its disk: make room there/,
      }
    }),
}
