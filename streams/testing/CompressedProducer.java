import java.util.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends the same records once by each codec, one batch each, into a partition per codec: 0 gzip, 1 snappy, 2 lz4, 3 zstd.
 * Arguments: brokers, topic. Record n is n times 1,000 bytes: half of it repeats itself, half is noise.
 */
public class CompressedProducer {
  private static final List<String> CODECS = List.of("gzip", "snappy", "lz4", "zstd");
  private static final int RECORDS = 40;

  public static void main(String[] arguments) throws Exception {
    for (int partition = 0; partition < CODECS.size(); partition++) {
      Map<String, Object> settings =
          Map.of(
              "bootstrap.servers", arguments[0],
              "compression.type", CODECS.get(partition),
              "batch.size", 2_000_000,
              "max.request.size", 4_000_000,
              "linger.ms", 500,
              "key.serializer", ByteArraySerializer.class,
              "value.serializer", ByteArraySerializer.class);
      try (var producer = new KafkaProducer<byte[], byte[]>(settings)) {
        for (int n = 0; n < RECORDS; n++)
          producer.send(new ProducerRecord<>(arguments[1], partition, "k".getBytes(), value(n)));
        producer.flush();
      }
    }
    System.out.println("sent");
  }

  /** A generator that is easily written in another language. */
  private static byte[] value(int n) {
    byte[] bytes = new byte[n * 1_000];
    int state = n + 1;
    for (int i = 0; i < bytes.length; i++) {
      state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
      bytes[i] = i % 200 < 100 ? (byte) (i % 100) : (byte) (state >> 16);
    }
    return bytes;
  }
}
