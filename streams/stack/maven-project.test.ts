import { expect, test } from 'vitest'
import { KAFKA_ARCHIVE, redisArchive, REGISTRY_ARCHIVE } from './archives.ts'
import { mavenGoal, mavenProject } from './maven-project.ts'

test('jars with all they need are copied, archives unpacked', () => {
  expect(mavenGoal(KAFKA_ARCHIVE)).toBe('dependency:copy-dependencies')
  expect(mavenGoal(REGISTRY_ARCHIVE)).toBe('dependency:unpack')
})

test('names artifact, type and classifier', () => {
  const pom = mavenProject(REGISTRY_ARCHIVE, '/cache/content')
  expect(pom).toContain(
    '<artifactItem><groupId>io.apicurio</groupId><artifactId>apicurio-registry-app</artifactId>' +
      '<version>3.0.9</version><type>tar.gz</type><classifier>all</classifier></artifactItem>',
  )
  expect(pom).toContain('<outputDirectory>/cache/content</outputDirectory>')
  expect(pom).toContain('<version>3.9.0</version>')
})

test('a folder name cannot break the file', () => {
  expect(mavenProject(KAFKA_ARCHIVE, '/a&b/<c>')).toContain(
    '<outputDirectory>/a&amp;b/&lt;c&gt;</outputDirectory>',
  )
})

test('Redis comes for the systems the archive has one for', () => {
  expect(redisArchive('linux', 'x64')?.mainFile).toBe('redis-server-6.2.6-v5-linux-amd64')
  expect(redisArchive('darwin', 'arm64')?.includes).toBe('redis-server-6.2.6-v5-darwin-arm64')
  expect(redisArchive('sunos', 'x64')).toBeUndefined()
})
