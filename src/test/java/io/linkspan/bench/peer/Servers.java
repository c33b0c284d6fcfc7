package io.linkspan.bench.peer;

import io.linkspan.bench.RawEchoServer;
import io.linkspan.bench.ServerProcess;
import io.linkspan.testing.NodeScript;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Starts the gateway and its peers, each in a process of its own. */
public final class Servers {

  /** The gateway over WebSocket. */
  public static final String LINKSPAN = "linkspan";

  /** The gateway over Socket.IO. */
  public static final String LINKSPAN_SOCKET_IO = "linkspan (Socket.IO)";

  /** Socket.IO's own server. */
  public static final String SOCKET_IO = "node socket.io";

  /** Socket.IO on Netty. */
  public static final String NETTY_SOCKET_IO = "netty-socketio";

  /** A minimal server with Vert.x, which sends everything back. */
  public static final String RAW_VERTX = "raw Vert.x";

  /** A minimal server with Netty, which sends everything back. */
  public static final String RAW_NETTY = "raw Netty";

  /** The WebSocket library of Node, which sends everything back. */
  public static final String NODE_WS = "node ws";

  private static final Path NETTY_SOURCES = Path.of("src", "test", "netty-socketio");
  private static final Path NETTY_LIBRARIES = Path.of("target", "netty-socketio");
  private static final String EVENT_LOOPS =
      Integer.toString(Runtime.getRuntime().availableProcessors());

  private Servers() {}

  /** Starts a gateway with its defaults. */
  public static ServerProcess gateway(String... arguments) throws IOException {
    return gateway(Map.of(), arguments);
  }

  /** Starts a gateway with its defaults and these settings. */
  public static ServerProcess gateway(Map<String, String> settings, String... arguments)
      throws IOException {
    return ServerProcess.gateway(settings, List.of(), arguments);
  }

  /**
   * Starts Socket.IO's own server.
   *
   * @param port 0: a free one
   */
  public static ServerProcess socketIo(int port) throws IOException, InterruptedException {
    ProcessBuilder builder = NodeScript.command("node-socketio", "board-server.mjs", "--expose-gc");
    builder.command().add(Integer.toString(port));
    return ServerProcess.start(builder);
  }

  /** Starts the minimal server with Vert.x. */
  public static ServerProcess rawVertx() throws IOException {
    return ServerProcess.java(
        System.getProperty("java.class.path"), RawEchoServer.class.getName(), EVENT_LOOPS);
  }

  /** Starts the minimal server with Vert.x that writes each message to all WebSockets. */
  public static ServerProcess rawBroadcast() throws IOException {
    return ServerProcess.java(
        System.getProperty("java.class.path"), RawBroadcastServer.class.getName(), EVENT_LOOPS);
  }

  /** Starts the minimal server with Netty. */
  public static ServerProcess rawNetty() throws IOException {
    return ServerProcess.java(
        System.getProperty("java.class.path"), RawNettyServer.class.getName(), EVENT_LOOPS);
  }

  /** Starts the minimal server with the WebSocket library of Node. */
  public static ServerProcess nodeWs() throws IOException, InterruptedException {
    return ServerProcess.start(NodeScript.command("node-socketio", "ws-echo.mjs", "--expose-gc"));
  }

  /** Starts netty-socketio, whose libraries Maven fetches for the first run. */
  public static ServerProcess nettySocketIo() throws IOException, InterruptedException {
    fetchNettySocketIo();
    return ServerProcess.java(
        NETTY_LIBRARIES + "/*", NETTY_SOURCES.resolve("EchoServer.java").toString(), EVENT_LOOPS);
  }

  /** A class path of its own separates the Netty of netty-socketio from that of the gateway. */
  public static void fetchNettySocketIo() throws IOException, InterruptedException {
    if (Files.exists(NETTY_LIBRARIES)) {
      return;
    }
    Process maven =
        new ProcessBuilder(
                "mvn",
                "-B",
                "-ntp",
                "-q",
                "-f",
                NETTY_SOURCES.resolve("pom.xml").toString(),
                "dependency:copy-dependencies",
                "-DoutputDirectory=" + NETTY_LIBRARIES.toAbsolutePath())
            .inheritIO()
            .start();
    if (maven.waitFor() != 0) {
      throw new IOException("Maven did not find netty-socketio");
    }
  }
}
