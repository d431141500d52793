import java.io.*;
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Open loop: sends record n at its intended time, whatever became of those before, with that time as its timestamp.
 * Arguments: brokers, topic, file, records, records per second, how many of them come first at half that rate, and
 * how long a batch may fill (ms). The file holds partition (int), key and value, each with its length (int) before it.
 * Sends its first records to a topic of their own, until it is compiled; writes "ready", waits for a line on standard
 * input, then sends; writes one line per partition in the end: the intended times (ms, as offsets grow).
 */
public class LoadGenerator {
  /** After so many nearly all of the way to the broker is compiled: later that would take a core in the middle of a load. */
  private static final int REHEARSED = 2_000_000;
  /** Half of them at half the rate, as in a load: when waits become shorter, some is compiled anew. */
  private static final double REHEARSED_PER_SECOND = 300_000;

  private final KafkaProducer<byte[], byte[]> producer;
  private final String topic;
  private final Parts in;
  private final double[] intendedMs;
  private final short[] partitions;

  LoadGenerator(KafkaProducer<byte[], byte[]> producer, String topic, InputStream file, int records) {
    this.producer = producer;
    this.topic = topic;
    in = new Parts(file);
    intendedMs = new double[records];
    partitions = new short[records];
  }

  public static void main(String[] a) throws Exception {
    int records = Integer.parseInt(a[3]);
    Properties p = new Properties();
    p.put("bootstrap.servers", a[0]);
    p.put("acks", "all");
    p.put("linger.ms", a[6]); // its milliseconds count as ours
    p.put("batch.size", "65536");
    p.put("max.in.flight.requests.per.connection", "5");
    try (KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(p, new ByteArraySerializer(), new ByteArraySerializer())) {
      rehearse(producer, a[0], a[1], a[2], Math.min(records, REHEARSED));
      try (InputStream file = new FileInputStream(a[2])) {
        LoadGenerator load = new LoadGenerator(producer, a[1], file, records);
        System.out.println("ready");
        new BufferedReader(new InputStreamReader(System.in)).readLine();
        load.sendAll(Double.parseDouble(a[4]), Integer.parseInt(a[5]));
        load.tell();
      }
    }
  }

  /** What it sends is gone from the broker's disk at once, so that nothing of it is written back during the load. */
  static void rehearse(KafkaProducer<byte[], byte[]> producer, String brokers, String topic, String parts, int records)
      throws Exception {
    String rehearsal = topic + "-rehearsal";
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers));
        InputStream file = new FileInputStream(parts)) {
      int width = producer.partitionsFor(topic).size();
      NewTopic made = new NewTopic(rehearsal, width, (short) 1).configs(Map.of("file.delete.delay.ms", "0"));
      admin.createTopics(List.of(made)).all().get();
      new LoadGenerator(producer, rehearsal, file, records).sendAll(REHEARSED_PER_SECOND, records / 2);
      admin.deleteTopics(List.of(rehearsal)).all().get();
    }
  }

  void sendAll(double perSecond, int warmUp) throws Exception {
    double warmUpNs = warmUp * 2e9 / perSecond;
    long startNs = System.nanoTime();
    double startMs = System.currentTimeMillis();
    for (int n = 0; n < intendedMs.length; n++) {
      long dueNs = (long) (n < warmUp ? n * 2e9 / perSecond : warmUpNs + (n - warmUp) * 1e9 / perSecond);
      while (dueNs > System.nanoTime() - startNs) Thread.sleep(1); // shorter naps would cost the others a core
      intendedMs[n] = startMs + dueNs / 1e6;
      send(n);
    }
    producer.flush();
  }

  private void send(int n) throws IOException {
    int partition = in.number();
    partitions[n] = (short) partition;
    byte[] key = in.bytes(), value = in.bytes();
    producer.send(new ProducerRecord<>(topic, partition, (long) intendedMs[n], key, value), LoadGenerator::sent);
  }

  private static void sent(RecordMetadata metadata, Exception failure) {
    if (failure == null) return;
    failure.printStackTrace();
    Runtime.getRuntime().halt(1);
  }

  void tell() {
    Map<Integer, StringBuilder> lines = new TreeMap<>();
    for (int n = 0; n < intendedMs.length; n++)
      lines.computeIfAbsent((int) partitions[n], k -> new StringBuilder())
          .append(' ').append(Math.round(intendedMs[n] * 100) / 100.0);
    lines.forEach((partition, times) -> System.out.println("intended " + partition + times));
  }

  /** Reads the file by the megabyte: DataInputStream would lock for every byte. */
  static class Parts {
    private final InputStream file;
    private final byte[] chunk = new byte[1 << 20];
    private int at = 0, end = 0;

    Parts(InputStream file) {
      this.file = file;
    }

    int number() throws IOException {
      hold(4);
      at += 4;
      return chunk[at - 4] << 24 | (chunk[at - 3] & 0xff) << 16 | (chunk[at - 2] & 0xff) << 8 | chunk[at - 1] & 0xff;
    }

    byte[] bytes() throws IOException {
      int length = number();
      hold(length);
      at += length;
      return Arrays.copyOfRange(chunk, at - length, at);
    }

    private void hold(int count) throws IOException {
      if (end - at >= count) return;
      System.arraycopy(chunk, at, chunk, 0, end - at);
      end -= at;
      at = 0;
      end += file.readNBytes(chunk, end, chunk.length - end);
      if (end < count) throw new EOFException("the file of the load ended in the middle of a record");
    }
  }
}
