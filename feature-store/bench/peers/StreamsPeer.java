import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.*;
import org.apache.avro.Schema;
import org.apache.avro.generic.*;
import org.apache.avro.io.*;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.*;
import org.apache.kafka.streams.state.*;
import redis.clients.jedis.*;

/**
 * The same features on Kafka Streams: fold users, re-key, fold items, states in RocksDB with caching.
 * Arguments: brokers, topic, interactions, threads, schema file, state folder, guarantee (alos | eos),
 * Redis host:port or "-", key prefix, file of settings (java-settings.ts). With Redis, changed states are also written
 * there, coalesced over up to 50 ms.
 */
public class StreamsPeer {
  static final double HALF_LIFE_MS = 1_800_000;
  static final long BUCKET_MS = 300_000;
  static final int BUCKETS = 12, BUCKETS_AT = 40, BYTES = BUCKETS_AT + BUCKETS * 8;
  static final AtomicLong users = new AtomicLong(), items = new AtomicLong();
  static volatile long startedNs = 0;
  static volatile double cpuAtStart = 0;

  /** views, clicks (int), faded clicks (double), newest click, newest interaction (long), 12 x (bucket, clicks). */
  static byte[] fold(byte[] before, String type, long atMs) {
    ByteBuffer b = ByteBuffer.allocate(BYTES);
    if (before != null) b.put(before);
    if (type.equals("view")) b.putInt(0, b.getInt(0) + 1);
    if (type.equals("click")) {
      b.putInt(4, b.getInt(4) + 1);
      double faded = b.getDouble(8);
      long newest = b.getLong(16);
      if (atMs >= newest) {
        faded = faded * Math.pow(2, -(atMs - newest) / HALF_LIFE_MS) + 1;
        newest = atMs;
      } else faded += Math.pow(2, (atMs - newest) / HALF_LIFE_MS);
      b.putDouble(8, faded);
      b.putLong(16, newest);
      int bucket = (int) (atMs / BUCKET_MS), place = BUCKETS_AT + (bucket % BUCKETS) * 8;
      if (b.getInt(place) != bucket) {
        b.putInt(place, bucket);
        b.putInt(place + 4, 0);
      }
      b.putInt(place + 4, b.getInt(place + 4) + 1);
    }
    if (atMs > b.getLong(24)) b.putLong(24, atMs);
    return b.array();
  }

  static final Properties settings = new Properties();

  static Jedis connect(String redis) {
    var client = DefaultJedisClientConfig.builder();
    client.user(settings.getProperty("redis.username")).password(settings.getProperty("redis.password"));
    String ca = settings.getProperty("redis.ca.file");
    if (ca != null) client.ssl(true).sslSocketFactory(trusting(ca));
    return new Jedis(HostAndPort.from(redis), client.build());
  }

  static SSLSocketFactory trusting(String caFile) {
    try (var pem = Files.newInputStream(Path.of(caFile))) {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
      var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      managers.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, managers.getTrustManagers(), null);
      return context.getSocketFactory();
    } catch (Exception e) {
      throw new IllegalStateException("no authority in " + caFile, e);
    }
  }

  static double cpuSeconds() {
    var system = java.lang.management.ManagementFactory.getOperatingSystemMXBean();
    return ((com.sun.management.OperatingSystemMXBean) system).getProcessCpuTime() / 1e9;
  }

  static class Folding implements Processor<String, byte[], String, byte[]> {
    final boolean item;
    final String redis, prefix;
    final DatumReader<GenericRecord> reader;
    final Map<String, byte[]> dirty = new HashMap<>();
    KeyValueStore<String, byte[]> store;
    ProcessorContext<String, byte[]> context;
    GenericRecord record;
    BinaryDecoder decoder;
    Jedis jedis;

    Folding(Schema schema, boolean item, String redis, String prefix) {
      this.item = item;
      this.redis = redis;
      this.prefix = prefix;
      reader = new GenericDatumReader<>(schema);
    }

    public void init(ProcessorContext<String, byte[]> c) {
      context = c;
      store = c.getStateStore(item ? "items" : "users");
      if (redis.equals("-")) return;
      jedis = connect(redis);
      c.schedule(Duration.ofMillis(50), PunctuationType.WALL_CLOCK_TIME, t -> flush());
    }

    void flush() {
      if (dirty.isEmpty()) return;
      Pipeline pipeline = jedis.pipelined();
      for (var e : dirty.entrySet()) pipeline.set((prefix + ":" + e.getKey()).getBytes(StandardCharsets.UTF_8), e.getValue());
      pipeline.sync();
      dirty.clear();
    }

    public void process(org.apache.kafka.streams.processor.api.Record<String, byte[]> in) {
      if (startedNs == 0) {
        startedNs = System.nanoTime();
        cpuAtStart = cpuSeconds();
      }
      try {
        decoder = DecoderFactory.get().binaryDecoder(in.value(), 5, in.value().length - 5, decoder);
        record = reader.read(record, decoder);
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
      byte[] state = fold(store.get(in.key()), record.get("type").toString(), (Long) record.get("occurredAtMs"));
      store.put(in.key(), state);
      if (jedis != null) {
        dirty.put(in.key(), state);
        if (dirty.size() >= 500) flush();
      }
      if (item) items.incrementAndGet();
      else {
        users.incrementAndGet();
        context.forward(in.withKey(record.get("itemId").toString()));
      }
    }

    public void close() {
      if (jedis == null) return;
      flush();
      jedis.close();
    }
  }

  public static void main(String[] a) throws Exception {
    String brokers = a[0], topic = a[1], threads = a[3], state = a[5], redis = a[7], prefix = a[8];
    long interactions = Long.parseLong(a[2]);
    Schema schema = new Schema.Parser().parse(Files.readString(Path.of(a[4])));
    try (var file = Files.newBufferedReader(Path.of(a[9]))) {
      settings.load(file);
    }
    Properties p = new Properties();
    for (String name : settings.stringPropertyNames())
      if (!name.startsWith("redis.")) p.put(name, settings.getProperty(name));
    p.put("application.id", topic + "-streams-peer-" + System.currentTimeMillis());
    p.put("bootstrap.servers", brokers);
    p.put("num.stream.threads", threads);
    p.put("processing.guarantee", a[6].equals("eos") ? "exactly_once_v2" : "at_least_once");
    p.put("state.dir", state);
    p.put("replication.factor", 1);
    p.put("default.key.serde", Serdes.StringSerde.class);
    p.put("default.value.serde", Serdes.ByteArraySerde.class);
    p.put("consumer.auto.offset.reset", "earliest");
    p.put("statestore.cache.max.bytes", 64 << 20);
    StreamsBuilder builder = new StreamsBuilder();
    for (String name : List.of("users", "items"))
      builder.addStateStore(
          Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.String(), Serdes.ByteArray())
              .withCachingEnabled());
    builder.<String, byte[]>stream(topic)
        .process(() -> new Folding(schema, false, redis, prefix), "users")
        .repartition(Repartitioned.with(Serdes.String(), Serdes.ByteArray()).withNumberOfPartitions(4))
        .process(() -> new Folding(schema, true, redis, prefix), "items");
    KafkaStreams streams = new KafkaStreams(builder.build(), p);
    streams.setUncaughtExceptionHandler(
        e -> {
          e.printStackTrace();
          System.exit(1);
          return null;
        });
    streams.start();
    while (items.get() < interactions) Thread.sleep(2);
    double seconds = (System.nanoTime() - startedNs) / 1e9, cpu = cpuSeconds() - cpuAtStart;
    long rssKiB = 0;
    for (String line : Files.readAllLines(Path.of("/proc/self/status")))
      if (line.startsWith("VmRSS")) rssKiB = Long.parseLong(line.replaceAll("\\D", ""));
    streams.close(Duration.ofSeconds(10)); // the last coalesced writes
    System.out.printf(
        Locale.ROOT,
        "outcome {\"eventsPerSecond\":%.0f,\"cpuSecondsPerMillion\":%.2f,\"rssMiB\":%d}%n",
        interactions / seconds, cpu / interactions * 1e6, rssKiB / 1024);
    System.exit(0);
  }
}
