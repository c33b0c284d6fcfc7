package io.linkspan.bench;

import com.sun.management.ThreadMXBean;
import io.linkspan.api.Revocation;
import io.linkspan.api.Revocation.Source;
import io.linkspan.revocation.RevocationList;
import io.linkspan.revocation.RevocationRules;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.IntPredicate;

/** Measures what the list of revocations costs a connect, and the memory of an entry. */
public final class RevocationBenchmark {

  private static final int ROUNDS = 15;
  private static final int BATCH = 200_000;
  private static final int ENTRIES = 50_000;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private RevocationBenchmark() {}

  /** Prints a table in Markdown. */
  public static void main(String[] arguments) {
    System.out.println("| list | look-up | ns of a processor | bytes allocated |");
    System.out.println("| --- | --- | ---: | ---: |");
    measure("empty", new RevocationList(() -> ENTRIES));
    long before = THREADS.getCurrentThreadAllocatedBytes();
    RevocationList full = full();
    long made = THREADS.getCurrentThreadAllocatedBytes() - before;
    measure("50,000 entries", full);
    System.out.printf("%nAllocated to make an entry: %,d bytes%n", made / ENTRIES);
  }

  /** A quarter of each kind; the networks have three lengths of prefixes. */
  private static RevocationList full() {
    var list = new RevocationList(() -> ENTRIES);
    Instant now = Instant.now();
    Instant end = now.plusSeconds(3_600);
    for (int i = 0; i < ENTRIES; i++) {
      Revocation request =
          switch (i % 4) {
            case 0 -> Revocation.ofToken("token-" + i);
            case 1 -> Revocation.ofTokens("former-" + i);
            case 2 -> Revocation.ofUser("blocked-" + i);
            default -> Revocation.ofNetwork(network(i));
          };
      list.put(
          RevocationRules.complete(
              request.endingAt(end), Source.OPERATOR, now, Duration.ofHours(1)));
    }
    return list;
  }

  private static String network(int i) {
    return switch (i % 3) {
      case 0 -> "10." + (i >> 8 & 255) + "." + (i & 255) + ".0/24";
      case 1 -> "172." + (i >> 8 & 255) + "." + (i & 255) + ".7/32";
      default -> "2001:db8:" + Integer.toHexString(i) + "::/64";
    };
  }

  private static void measure(String name, RevocationList list) {
    long now = System.currentTimeMillis();
    String[] users = new String[1_000];
    String[] tokens = new String[1_000];
    String[] addresses = new String[1_000];
    for (int i = 0; i < users.length; i++) {
      users[i] = "user-" + i;
      tokens[i] = "another-" + i;
      addresses[i] = "192.0." + (i >> 8) + "." + (i & 255);
    }
    print(name, "address", i -> list.findNetwork(addresses[i % 1_000], now) == null);
    print(
        name,
        "user and token",
        i -> list.find(users[i % 1_000], tokens[i % 1_000], now, now) == null);
  }

  private static void print(String name, String lookUp, IntPredicate found) {
    List<Double> nanos = new ArrayList<>();
    long bytes = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long allocated = THREADS.getCurrentThreadAllocatedBytes();
      long begun = THREADS.getCurrentThreadCpuTime();
      for (int i = 0; i < BATCH; i++) {
        if (!found.test(i)) {
          throw new IllegalStateException("refused");
        }
      }
      nanos.add((double) (THREADS.getCurrentThreadCpuTime() - begun) / BATCH);
      bytes = (THREADS.getCurrentThreadAllocatedBytes() - allocated) / BATCH;
    }
    Collections.sort(nanos);
    System.out.printf("| %s | %s | %.0f | %,d |%n", name, lookUp, nanos.get(ROUNDS / 2), bytes);
  }
}
