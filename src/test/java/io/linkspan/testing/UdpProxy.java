package io.linkspan.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Damages the traffic between UDP clients and a server. Of the datagrams of either direction, 5 %
 * are lost, 3 % doubled, 10 % delayed by up to 30 ms and so overtaken, and 2 % damaged on request.
 * Uses one thread and a seed.
 */
public final class UdpProxy implements AutoCloseable {

  private record Late(long at, long order, DatagramChannel from, SocketAddress to, ByteBuffer bytes)
      implements Comparable<Late> {

    @Override
    public int compareTo(Late other) {
      return at != other.at ? Long.compare(at, other.at) : Long.compare(order, other.order);
    }
  }

  private static final double LOST = 0.05;
  private static final double DOUBLED = 0.03;
  private static final double DELAYED = 0.1;
  private static final double DAMAGED = 0.02;
  private static final int MOST_DELAY_MS = 30;
  private static final int LONGEST = 4096;
  private static final int SOCKET_BUFFER = 1 << 20;

  private final Random random;
  private final boolean damages;
  private final SocketAddress server;
  private final Selector selector;
  private final DatagramChannel front;
  private final Map<SocketAddress, DatagramChannel> backs = new HashMap<>();
  private final PriorityQueue<Late> late = new PriorityQueue<>();
  private final Thread thread;
  private long order;
  private volatile boolean closed;

  /** Opens a port in front of that of a server. */
  public UdpProxy(long seed, boolean damages, int serverPort) {
    random = new Random(seed);
    this.damages = damages;
    server = new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort);
    try {
      selector = Selector.open();
      front = open(null);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    thread = new Thread(this::run, "UDP proxy");
    thread.setDaemon(true);
    thread.start();
  }

  /** Returns the port for clients. */
  public int port() {
    return front.socket().getLocalPort();
  }

  @Override
  public void close() {
    closed = true;
    selector.wakeup();
    try {
      thread.join();
      front.close();
      for (DatagramChannel back : backs.values()) {
        back.close();
      }
      selector.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * @param client whose datagrams are carried; null for the socket that all clients send to
   */
  private DatagramChannel open(SocketAddress client) throws IOException {
    DatagramChannel channel = DatagramChannel.open();
    channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    channel.socket().setReceiveBufferSize(SOCKET_BUFFER);
    channel.configureBlocking(false);
    channel.register(selector, SelectionKey.OP_READ, client);
    return channel;
  }

  private void run() {
    try {
      while (!closed) {
        Late next = late.peek();
        long wait = next == null ? 1_000 : next.at() - now();
        if (wait > 0) {
          selector.select(wait);
        } else {
          selector.selectNow();
        }
        for (SelectionKey key : selector.selectedKeys()) {
          read((DatagramChannel) key.channel(), (SocketAddress) key.attachment());
        }
        selector.selectedKeys().clear();
        while (!late.isEmpty() && late.element().at() <= now()) {
          Late due = late.remove();
          send(due.from(), due.bytes(), due.to());
        }
      }
    } catch (ClosedChannelException e) {
      // The test has ended.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void read(DatagramChannel channel, SocketAddress client) throws IOException {
    while (true) {
      ByteBuffer bytes = ByteBuffer.allocate(LONGEST);
      SocketAddress sender = channel.receive(bytes);
      if (sender == null) {
        return;
      }
      bytes.flip();
      if (client != null) {
        pass(front, bytes, client);
        continue;
      }
      DatagramChannel back = backs.get(sender);
      if (back == null) {
        back = open(sender);
        backs.put(sender, back);
      }
      pass(back, bytes, server);
    }
  }

  private void pass(DatagramChannel from, ByteBuffer bytes, SocketAddress to) throws IOException {
    if (happens(LOST)) {
      return;
    }
    if (damages && bytes.hasRemaining() && happens(DAMAGED)) {
      int at = random.nextInt(bytes.limit());
      bytes.put(at, (byte) (bytes.get(at) ^ 1 << random.nextInt(8)));
    }
    if (happens(DOUBLED)) {
      delay(from, bytes.duplicate(), to);
    }
    if (happens(DELAYED)) {
      delay(from, bytes, to);
    } else {
      send(from, bytes, to);
    }
  }

  private boolean happens(double probability) {
    return random.nextDouble() < probability;
  }

  private void delay(DatagramChannel from, ByteBuffer bytes, SocketAddress to) {
    late.add(new Late(now() + 1 + random.nextInt(MOST_DELAY_MS), order++, from, to, bytes));
  }

  private static void send(DatagramChannel from, ByteBuffer bytes, SocketAddress to) {
    try {
      from.send(bytes, to);
    } catch (IOException e) {
      // Nothing listens there any more; the datagram is lost.
      return;
    }
  }

  private static long now() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
  }
}
