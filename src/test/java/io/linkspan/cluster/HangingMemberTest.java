package io.linkspan.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.cluster.security.ClusterSecurity;
import io.linkspan.directory.Nodes;
import io.linkspan.testing.FreePort;
import io.linkspan.testing.TestGateway;
import io.vertx.core.VertxOptions;
import io.vertx.core.transport.Transport;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * Tests a member whose process hangs: its system accepts connections, but they are never answered.
 */
class HangingMemberTest {

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final Duration OBSERVED = Duration.ofSeconds(2);

  /** Long enough for a member to search for missing members. */
  private static final int SEARCH_MS = 30_000;

  @Test
  void itDoesNotKeepThreadsOfOtherMembersBusy() throws Exception {
    int port = FreePort.of();
    int hangingPort = FreePort.of();
    var config =
        new ClusterConfig(
            true,
            "hanging-member-test-" + UUID.randomUUID(),
            "127.0.0.1",
            port,
            0,
            new ClusterConfig.Members(List.of("127.0.0.1:" + port, "127.0.0.1:" + hangingPort)),
            new ClusterConfig.Heartbeat(Duration.ofSeconds(1), Duration.ofSeconds(15)),
            ClusterSecurity.NONE);
    HazelcastCluster member =
        TestGateway.await(
            HazelcastCluster.join(
                config, new Nodes.Node("one", 1), new VertxOptions(), Transport.NIO));
    try (var hanging = new ServerSocket(hangingPort, 50, InetAddress.getLoopbackAddress())) {
      hanging.setSoTimeout(SEARCH_MS);
      try (Socket connected = hanging.accept()) {
        assertThat(connected.isConnected()).isTrue();
        Map<Long, Long> before = cpuTimes();
        assertThat(before).isNotEmpty();
        long start = System.nanoTime();
        Awaitility.await().until(() -> System.nanoTime() - start > OBSERVED.toNanos());
        long elapsed = System.nanoTime() - start;
        // One that never waits has all of a processor, or as much of it as others leave.
        assertThat(cpuTimes())
            .allSatisfy(
                (thread, time) ->
                    assertThat(time - before.getOrDefault(thread, 0L)).isLessThan(elapsed / 4));
      }
    } finally {
      TestGateway.await(member.vertx().close());
    }
  }

  /** Of the threads that write to other members, by id and in nanoseconds. */
  private static Map<Long, Long> cpuTimes() {
    return Arrays.stream(THREADS.getThreadInfo(THREADS.getAllThreadIds()))
        .filter(thread -> thread != null && thread.getThreadName().contains(".IO.thread-out"))
        .collect(
            Collectors.toMap(
                thread -> thread.getThreadId(),
                thread -> THREADS.getThreadCpuTime(thread.getThreadId())));
  }
}
