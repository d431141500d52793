import type { Archive, MavenArtifact } from './archives.ts'

/**
 * It unpacks jars and tar.gz by itself, so that neither unzip nor a JDK is needed. Pinned: 3.9.0 unpacks an artifact
 * whose parent POM the repository does not hold (Apicurio's, on some mirrors); 3.5.0 to 3.8.1 and 3.11.0 refuse.
 */
const DEPENDENCY_PLUGIN_VERSION = '3.9.0'

/** Goal to call on the project below. */
export function mavenGoal(archive: Archive): string {
  return archive.kind === 'dependencies' ? 'dependency:copy-dependencies' : 'dependency:unpack'
}

/** A throw-away pom.xml that brings one archive into `outputDir`. */
export function mavenProject(archive: Archive, outputDir: string): string {
  const dependencies =
    archive.kind === 'dependencies' ? archive.artifacts.map((item) => element('dependency', item)) : []
  const items =
    archive.kind === 'unpack' ? archive.artifacts.map((item) => element('artifactItem', item)) : []
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>feedloop.stack</groupId>
  <artifactId>${escapeXml(archive.name)}</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>${dependencies.join('')}</dependencies>
  <build>
    <plugins>
      <plugin>
        <groupId>org.apache.maven.plugins</groupId>
        <artifactId>maven-dependency-plugin</artifactId>
        <version>${DEPENDENCY_PLUGIN_VERSION}</version>
        <configuration>
          <outputDirectory>${escapeXml(outputDir)}</outputDirectory>
          <includeScope>runtime</includeScope>${archive.includes ? `<includes>${escapeXml(archive.includes)}</includes>` : ''}
          <artifactItems>${items.join('')}</artifactItems>
        </configuration>
      </plugin>
    </plugins>
  </build>
</project>
`
}

function element(tag: string, artifact: MavenArtifact): string {
  const { groupId, artifactId, version, type, classifier } = artifact
  const fields = Object.entries({ groupId, artifactId, version, type, classifier })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`)
  return `<${tag}>${fields.join('')}</${tag}>`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
