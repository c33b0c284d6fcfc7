package io.linkspan.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

/** Runs HAProxy or nginx with an example of the documentation. */
public final class ProxyProcess implements AutoCloseable {

  private static final String HAPROXY = "haproxy";
  private static final String NGINX = "nginx";

  private final ChildProcess process;

  private ProxyProcess(ProcessBuilder builder) {
    process = new ChildProcess(builder);
  }

  /** Returns whether both are there. On CI it is true, so that the tests fail without them. */
  public static boolean available() {
    return "true".equals(System.getenv("CI"))
        || Stream.of(HAPROXY, NGINX).allMatch(Programs::isInstalled);
  }

  /**
   * Runs HAProxy with docs/examples/haproxy.cfg.
   *
   * @param ports the ports that stand for those of the example
   */
  public static ProxyProcess haproxy(Path folder, Map<Integer, Integer> ports) {
    return haproxy(write(folder, "haproxy.cfg", example("haproxy.cfg", ports)));
  }

  /** Runs HAProxy with a configuration. */
  static ProxyProcess haproxy(Path file) {
    // Without -db it would fork.
    return new ProxyProcess(
        new ProcessBuilder(Programs.find(HAPROXY), "-db", "-f", file.toString()));
  }

  /**
   * Runs nginx with docs/examples/nginx.conf.
   *
   * @param folder for its files, which have fixed places otherwise
   * @param ports the ports that stand for those of the example
   */
  public static ProxyProcess nginx(Path folder, Map<Integer, Integer> ports) {
    var places = new StringBuilder("http {\n  access_log off;\n");
    for (String part : new String[] {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
      places.append("  ").append(part).append("_temp_path ").append(part).append(";\n");
    }
    String config = example("nginx.conf", ports).replace("http {\n", places);
    Path file = write(folder, "nginx.conf", config);
    return new ProxyProcess(
        new ProcessBuilder(
            Programs.find(NGINX),
            "-p",
            folder.toString(),
            "-c",
            file.toString(),
            "-e",
            "stderr",
            "-g",
            "daemon off; master_process off; pid nginx.pid; worker_rlimit_nofile 1024;"));
  }

  private static String example(String name, Map<Integer, Integer> ports) {
    String text = DocumentedCode.read("docs/examples/" + name);
    for (Map.Entry<Integer, Integer> port : ports.entrySet()) {
      String shown = "127.0.0.1:" + port.getKey();
      if (!text.contains(shown)) {
        throw new AssertionError(name + " has no " + shown);
      }
      text = text.replaceAll(shown + "\\b", "127.0.0.1:" + port.getValue());
    }
    return text;
  }

  private static Path write(Path folder, String name, String text) {
    try {
      return Files.writeString(folder.resolve(name), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until a port of the loopback address accepts connections. */
  public ProxyProcess awaitListening(int port) {
    return awaitListening(new InetSocketAddress("127.0.0.1", port));
  }

  /** Waits until an address accepts connections. */
  ProxyProcess awaitListening(InetSocketAddress address) {
    await()
        .until(
            () -> {
              if (process.hasEnded()) {
                throw new AssertionError("the proxy ended:" + process.output());
              }
              try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
                return socket.isConnected();
              } catch (IOException e) {
                return false;
              }
            });
    return this;
  }

  /** Returns everything that the process has printed. */
  String output() {
    return process.output();
  }

  @Override
  public void close() {
    process.close();
  }
}
