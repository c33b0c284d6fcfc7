package io.linkspan.bench;

import com.sun.management.ThreadMXBean;
import io.linkspan.GatewayConfig;
import io.linkspan.admission.Identity;
import io.linkspan.permission.Action;
import io.linkspan.permission.PermissionRules;
import io.linkspan.permission.Permissions;
import io.linkspan.permission.TestRules;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Measures the processor time of one decision about a Message. Each one has a target of its own, as
 * a Message that was read has, so that its hash is not known yet.
 */
public final class PermissionBenchmark {

  private static final int WARM_UP = 40;
  private static final int ROUNDS = 21;
  private static final int BATCH = 200_000;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Twenty rules, of which the last one permits what the clients do. */
  private static final String RULES =
      "- {deny: send, to: \"user:root\"}\n"
          + "- {deny: send, to: \"service:admin*\", if: {claim: scope, has: nothing}}\n"
          + "- {allow: join, group: \"room:{user}:*\"}\n".repeat(16)
          + "- {allow: send, to: \"user:{user}\"}\n"
          + "- {allow: send, to: \"service:item-*\", if: {claim: scope, has: orders}}\n";

  private static final Identity ALICE =
      new Identity(
          "alice",
          false,
          "token-1",
          0,
          Identity.NEVER,
          "{\"sub\":\"alice\",\"scope\":\"mail orders\",\"aud\":\"linkspan\"}",
          null,
          List.of());

  /** Keeps the compiler from leaving the decisions out. */
  private static long allowed;

  private PermissionBenchmark() {}

  /** Prints a table in Markdown. */
  public static void main(String[] arguments) throws Exception {
    PermissionRules rules = TestRules.of(RULES);
    PermissionRules defaults =
        GatewayConfig.load(
                null, Map.of("LINKSPAN_AUTH_MODE", "jwt", "LINKSPAN_AUTH_JWT_KEY", "x".repeat(64)))
            .permissions();
    System.out.println("| decision | ns of a processor | bytes allocated |");
    System.out.println("| --- | ---: | ---: |");
    print("the same target as before, permitted", rules, ALICE, "service:item-", 1);
    print("one of 16 targets, permitted", rules, ALICE, "service:item-", 16);
    print("the same target as before, refused", rules, ALICE, "user:number-", 1);
    print("one of 16 targets, refused", rules, ALICE, "user:number-", 16);
    print("one of 10,000 targets, by 20 rules", rules, ALICE, "service:item-", 10_000);
    var anonymous = new Identity("anonymous-1", true);
    print("anonymous client, default rules", defaults, anonymous, "service:item-", 1);
    print("anonymous client, default rules, 16 targets", defaults, anonymous, "service:item-", 16);
    if (allowed < 0) {
      throw new IllegalStateException();
    }
  }

  private static void print(
      String name, PermissionRules rules, Identity identity, String prefix, int targets) {
    var permissions = new Permissions(() -> rules, identity);
    double[] nanos = new double[ROUNDS];
    long bytes = 0;
    for (int round = -WARM_UP; round < ROUNDS; round++) {
      String[] read = read(prefix, targets);
      long allocated = THREADS.getCurrentThreadAllocatedBytes();
      long begun = THREADS.getCurrentThreadCpuTime();
      decide(permissions, read);
      long used = THREADS.getCurrentThreadCpuTime() - begun;
      if (round >= 0) {
        bytes = (THREADS.getCurrentThreadAllocatedBytes() - allocated) / BATCH;
        nanos[round] = (double) used / BATCH;
      }
    }
    System.out.printf("| %s | %.0f | %,d |%n", name, Rounds.median(nanos), bytes);
  }

  /** Returns targets as they are read from the bytes of Messages. */
  private static String[] read(String prefix, int targets) {
    String[] read = new String[BATCH];
    for (int i = 0; i < BATCH; i++) {
      byte[] bytes = (prefix + i % targets).getBytes(StandardCharsets.UTF_8);
      read[i] = new String(bytes, StandardCharsets.UTF_8);
    }
    return read;
  }

  private static void decide(Permissions permissions, String[] targets) {
    long yes = 0;
    for (String target : targets) {
      if (permissions.decide(Action.SEND, target, "chat").allows()) {
        yes++;
      }
    }
    allowed += yes;
  }
}
