package io.linkspan.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;

/** Runs a TCP service whose every byte a test sends. Blocking. */
public final class TcpService implements AutoCloseable {

  private final ServerSocket server;

  private TcpService(int port) {
    try {
      server = new ServerSocket();
      server.setReuseAddress(true);
      server.setSoTimeout(Patience.MILLIS);
      server.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Listens at a free port. */
  public static TcpService start() {
    return new TcpService(0);
  }

  /** Listens at a port that another service has used. */
  public static TcpService start(int port) {
    return new TcpService(port);
  }

  public int port() {
    return server.getLocalPort();
  }

  /** Waits for the next link. */
  public RawTcp accept() {
    try {
      return RawTcp.over(server.accept());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for the next link as long as the service is open, then returns null. */
  public RawTcp acceptUnlessClosed() {
    while (!server.isClosed()) {
      try {
        return RawTcp.over(server.accept());
      } catch (SocketTimeoutException e) {
        // There was no link for a while.
      } catch (IOException e) {
        return null;
      }
    }
    return null;
  }

  /** Accepts no further links; open ones stay. */
  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
