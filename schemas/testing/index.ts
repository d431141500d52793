export { createChance } from './chance.ts'
export { sampleRecords } from './sample-records.ts'
