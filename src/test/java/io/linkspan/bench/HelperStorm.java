package io.linkspan.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;

/**
 * Apps with a helper that is found in the field: it opens two WebSockets, and each failure of one
 * starts four timers that each open another one, without back-off. Each app has an address of its
 * own. Used by one thread.
 */
final class HelperStorm implements AutoCloseable {

  private static final int TIMERS_PER_FAILURE = 4;

  /** Of one app after an outage: two sockets, and three attempts of each that have failed. */
  private static final int FIRST_TIMERS =
      2 * TIMERS_PER_FAILURE * TIMERS_PER_FAILURE * TIMERS_PER_FAILURE;

  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int MAX_SELECT_MS = 5;

  /** Marks the number of an app in the key of a socket that is open. */
  private static final int OPEN = 1 << 16;

  private record Attempt(int app, long at) {}

  private final Selector selector;
  private final InetSocketAddress gateway;
  private final int maxPending;
  private final ByteBuffer bytes = ByteBuffer.allocate(16 * 1024);
  private final PriorityQueue<Attempt> timers =
      new PriorityQueue<>(Comparator.comparingLong(Attempt::at));
  private int connecting;
  private int attempts;
  private int admitted;

  /**
   * Prepares the apps.
   *
   * @param maxPending timers and attempts of all apps at the same time: further timers are not
   *     started, since one machine stands for all apps
   */
  HelperStorm(int port, int apps, int maxPending) {
    gateway = new InetSocketAddress("127.0.0.1", port);
    this.maxPending = maxPending;
    try {
      selector = Selector.open();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    long now = System.nanoTime();
    for (int app = 0; app < apps; app++) {
      for (int i = 0; i < FIRST_TIMERS; i++) {
        timers.add(new Attempt(app, now + i * RETRY_NANOS / FIRST_TIMERS));
      }
    }
  }

  /** Opens what is due and handles what has happened, for a few milliseconds. */
  void turn() {
    try {
      long now = System.nanoTime();
      while (!timers.isEmpty() && timers.element().at() <= now) {
        open(timers.remove().app());
      }
      selector.select(MAX_SELECT_MS);
      for (SelectionKey key : selector.selectedKeys()) {
        handle(key);
      }
      selector.selectedKeys().clear();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void open(int app) throws IOException {
    attempts++;
    connecting++;
    SocketChannel channel = SocketChannel.open();
    channel.configureBlocking(false);
    SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT, app);
    try {
      channel.bind(new InetSocketAddress("127.0.2." + (1 + app), 0));
      channel.connect(gateway);
    } catch (IOException e) {
      failed(key);
    }
  }

  private void handle(SelectionKey key) throws IOException {
    var channel = (SocketChannel) key.channel();
    try {
      if (key.isConnectable()) {
        channel.finishConnect();
        channel.write(request((int) key.attachment()));
        key.interestOps(SelectionKey.OP_READ);
      } else {
        bytes.clear();
        int read = channel.read(bytes);
        boolean upgraded = read > 12 && bytes.get(9) == '1' && bytes.get(0) == 'H';
        boolean refused = read > 12 && bytes.get(9) != '1' && bytes.get(0) == 'H';
        if (upgraded) {
          admitted++;
          connecting--;
          key.attach((int) key.attachment() | OPEN);
        }
        if (read < 0 || refused) {
          failed(key);
        }
      }
    } catch (IOException e) {
      failed(key);
    }
  }

  private static ByteBuffer request(int app) {
    String text =
        "GET /ws?user=app"
            + app
            + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private void failed(SelectionKey key) throws IOException {
    key.cancel();
    key.channel().close();
    int app = (int) key.attachment();
    connecting -= (app & OPEN) == 0 ? 1 : 0;
    long due = System.nanoTime() + RETRY_NANOS;
    for (int i = 0; i < TIMERS_PER_FAILURE && timers.size() + connecting < maxPending; i++) {
      timers.add(new Attempt(app & ~OPEN, due));
    }
  }

  /** Returns how often an app has tried to connect. */
  int attempts() {
    return attempts;
  }

  /** Returns how often an app was admitted. */
  int admitted() {
    return admitted;
  }

  @Override
  public void close() {
    try {
      for (SelectionKey key : selector.keys()) {
        key.channel().close();
      }
      selector.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
