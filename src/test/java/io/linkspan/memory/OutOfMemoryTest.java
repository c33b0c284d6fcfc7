package io.linkspan.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.Main;
import io.linkspan.testing.ChildProcess;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.internal.ContextInternal;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Exhausts the memory of gateways in processes of their own, without the option of the JVM. */
class OutOfMemoryTest {

  private static final int PIECE = 1 << 20;

  @TempDir Path folder;

  /** Places at which memory is exhausted. */
  enum Where {
    HEAP_IN_A_HANDLER,
    DIRECT_MEMORY_IN_A_HANDLER,
    DIRECT_MEMORY_IN_A_TASK_OF_NETTY,
    HEAP_ON_A_THREAD
  }

  /** Takes memory until there is none. */
  public static final class Glutton extends VerticleBase {
    private final List<Object> taken = new ArrayList<>();

    @Override
    public Future<?> start() {
      switch (Where.valueOf(config().getString("where"))) {
        case HEAP_IN_A_HANDLER -> vertx.runOnContext(v -> takeHeap());
        case DIRECT_MEMORY_IN_A_HANDLER -> vertx.runOnContext(v -> takeDirectMemory());
        case DIRECT_MEMORY_IN_A_TASK_OF_NETTY ->
            ((ContextInternal) context).nettyEventLoop().execute(this::takeDirectMemory);
        case HEAP_ON_A_THREAD -> new Thread(this::takeHeap, "glutton").start();
      }
      return Future.succeededFuture();
    }

    private void takeHeap() {
      while (taken.add(new byte[PIECE])) {
        // Goes on until memory is exhausted.
      }
    }

    private void takeDirectMemory() {
      while (taken.add(ByteBuffer.allocateDirect(PIECE))) {
        // Goes on until memory is exhausted.
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void outOfMemoryEndsTheProcessAtOnce(Where where) throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("test.yaml"),
            """
            http: {port: 0}
            management: {port: 0}
            enet: {enabled: false}
            verticles:
              - {class: %s, config: {where: %s}}
            """
                .formatted(Glutton.class.getName(), where));
    var builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx64m",
            "-XX:MaxDirectMemorySize=32m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "run",
            "--conf",
            file.toString());
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    try (var process = new ChildProcess(builder)) {
      assertThat(process.awaitExit()).as(process.output()).isEqualTo(OutOfMemory.EXIT_CODE);
      assertThat(process.output()).contains("out of memory, the process ends");
    }
  }
}
