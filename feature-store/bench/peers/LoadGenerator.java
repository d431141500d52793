import java.io.*;
import java.util.*;
import java.util.concurrent.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Open loop: sends record n at its intended time, whatever became of those before, with that time as its timestamp.
 * Arguments: brokers, topic, file, records, records per second, how many of them come first at half that rate. The
 * file holds partition (int), key and value, each with its length (int) before it. Writes "ready", waits for a line on
 * standard input, then sends; writes one line per partition in the end: the intended times (ms, as offsets grow).
 */
public class LoadGenerator {
  public static void main(String[] a) throws Exception {
    int records = Integer.parseInt(a[3]);
    double perSecond = Double.parseDouble(a[4]);
    int warmUp = Integer.parseInt(a[5]);
    double warmUpNs = warmUp * 2e9 / perSecond;
    Properties p = new Properties();
    p.put("bootstrap.servers", a[0]);
    p.put("acks", "all");
    p.put("linger.ms", "5"); // the default since Kafka 4.0 (KIP-1030); its milliseconds count as ours
    p.put("batch.size", "65536");
    p.put("max.in.flight.requests.per.connection", "5");
    try (KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(p, new ByteArraySerializer(), new ByteArraySerializer());
        DataInputStream in = new DataInputStream(new BufferedInputStream(new FileInputStream(a[2]), 1 << 20))) {
      producer.partitionsFor(a[1]);
      System.out.println("ready");
      new BufferedReader(new InputStreamReader(System.in)).readLine();
      double[] intendedMs = new double[records];
      short[] partitions = new short[records];
      long startNs = System.nanoTime();
      double startMs = System.currentTimeMillis();
      for (int n = 0; n < records; n++) {
        long dueNs = (long) (n < warmUp ? n * 2e9 / perSecond : warmUpNs + (n - warmUp) * 1e9 / perSecond);
        while (dueNs > System.nanoTime() - startNs) Thread.sleep(1); // shorter naps would cost the others a core
        intendedMs[n] = startMs + dueNs / 1e6;
        int partition = in.readInt();
        partitions[n] = (short) partition;
        byte[] key = in.readNBytes(in.readInt()), value = in.readNBytes(in.readInt());
        producer.send(new ProducerRecord<>(a[1], partition, (long) intendedMs[n], key, value),
            (metadata, failure) -> {
              if (failure == null) return;
              failure.printStackTrace();
              Runtime.getRuntime().halt(1);
            });
      }
      producer.flush();
      System.out.printf(Locale.ROOT, "sent %.1f%n", (System.nanoTime() - startNs) / 1e9);
      Map<Integer, StringBuilder> lines = new TreeMap<>();
      for (int n = 0; n < records; n++)
        lines.computeIfAbsent((int) partitions[n], k -> new StringBuilder())
            .append(' ').append(String.format(Locale.ROOT, "%.2f", intendedMs[n]));
      lines.forEach((partition, times) -> System.out.println("intended " + partition + times));
    }
  }
}
