package io.linkspan.testing;

import com.google.protobuf.GeneratedMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.linkspan.protocol.enet.Delivery;
import io.linkspan.protocol.enet.EnetConfig;
import io.linkspan.protocol.enet.EnetEvent;
import io.linkspan.protocol.enet.EnetHost;
import io.linkspan.protocol.enet.EnetPeer;
import io.linkspan.protocol.enet.IncompleteMessage;
import io.linkspan.protocol.enet.PeerAddress;
import io.linkspan.protocol.enet.Transmit;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * An ENet client: the core in the role of the client behind a plain socket. It runs only while a
 * test waits for something here, so that a test can become silent by doing nothing. May be used by
 * one thread that sends and one that receives.
 */
public final class EnetTestClient implements TestClient {

  private static final int ACK = 10;
  private static final int MESSAGE = 11;
  private static final int WAIT_MS = 5;

  /** A message of the gateway, with its channel and delivery. */
  public record Received(GeneratedMessage content, int channel, Delivery delivery) {}

  private final DatagramSocket socket;
  private final EnetHost host;
  private final EnetPeer peer;
  private final Queue<Received> received = new ArrayDeque<>();
  private Received last;
  private EnetEvent.Disconnected ended;

  /** Null while the socket is read by the methods that wait. */
  private Thread background;

  private EnetTestClient(int port, EnetConfig config, int channels, int data) {
    try {
      socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
      socket.setSoTimeout(WAIT_MS);
      socket.setReceiveBufferSize(1 << 20);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    host = new EnetHost(config, new SecureRandom(), UnpooledByteBufAllocator.DEFAULT);
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    peer = host.connect(addressOf(address), channels, data, now());
    settle();
    awaitThat(() -> peer.isConnected() || ended != null, "connection");
  }

  /** Connects without sending a Message. */
  public static EnetTestClient connect(int port) {
    return new EnetTestClient(port, EnetConfig.DEFAULT, 4, 0);
  }

  /** Connects without sending a Message. */
  public static EnetTestClient connect(int port, EnetConfig config, int channels) {
    return new EnetTestClient(port, config, channels, 0);
  }

  /** Connects with data for the gateway, without sending a Message. */
  public static EnetTestClient connect(int port, int data) {
    return new EnetTestClient(port, EnetConfig.DEFAULT, 4, data);
  }

  /**
   * Connects as a user and waits until the session has begun.
   *
   * @param acknowledge client or transport
   */
  public static EnetTestClient connect(int port, String user, String acknowledge) {
    return connect(port, user, Map.of("ack", acknowledge));
  }

  /** Connects as a user with the given headers of the auth message. */
  public static EnetTestClient connect(int port, String user, Map<String, String> headers) {
    EnetTestClient client = connect(port);
    client.send(
        Message.newBuilder()
            .setEventId("auth")
            .setType("auth")
            .setBody(user)
            .putAllHeaders(headers)
            .build());
    if (!client.receiveAck().equals("auth")) {
      throw new AssertionError("not authenticated");
    }
    return client;
  }

  /** Sends any bytes. */
  public synchronized void send(int channel, byte[] payload, Delivery delivery) {
    if (ended == null && !peer.send(channel, payload, delivery)) {
      throw new AssertionError("not sent: " + peer);
    }
    settle();
  }

  /** Sends one part of a long message on a channel that was not used before. */
  public synchronized void sendPart(int channel, int number, int count, int length) {
    byte[] datagram = IncompleteMessage.part(peer, channel, number, count, length);
    try {
      socket.send(
          new DatagramPacket(
              datagram, datagram.length, (InetSocketAddress) peer.address().origin()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a Message on a channel. */
  public void send(int channel, Message message) {
    send(channel, WebSocketTestClient.frame(MESSAGE, message.toByteArray()), Delivery.RELIABLE);
  }

  @Override
  public void send(Message message) {
    send(0, message);
  }

  @Override
  public void acknowledge(String eventId) {
    byte[] ack = AckMessage.newBuilder().setEventId(eventId).build().toByteArray();
    send(0, WebSocketTestClient.frame(ACK, ack), Delivery.RELIABLE);
  }

  @Override
  public void sendGarbage() {
    send(0, new byte[] {99, 0, 1, 2, 3}, Delivery.RELIABLE);
  }

  @Override
  public GeneratedMessage receive() {
    awaitThat(() -> !received.isEmpty() || ended != null, "message");
    synchronized (this) {
      if (received.isEmpty()) {
        throw new AssertionError("the connection ended: " + ended);
      }
      last = received.remove();
      return last.content();
    }
  }

  /** The message that {@link #receive} returned last. */
  public Received last() {
    return last;
  }

  @Override
  public int closeCode() {
    awaitThat(() -> ended != null, "end");
    return ended.data();
  }

  @Override
  public void leave() {
    leave(0);
  }

  /** Disconnects with data for the gateway. */
  public void leave(int data) {
    synchronized (this) {
      peer.disconnect(data);
      settle();
    }
    awaitThat(() -> ended != null, "end");
    socket.close();
  }

  /** Disconnects, with data for the gateway, after everything that was sent. */
  public void leaveLater(int data) {
    synchronized (this) {
      peer.disconnectLater(data);
      settle();
    }
    awaitThat(() -> ended != null, "end");
    socket.close();
  }

  /** Sends one DISCONNECT, as a program does that exits; UDP has no other end of a link. */
  @Override
  public void close() {
    if (!socket.isClosed()) {
      synchronized (this) {
        peer.disconnectNow(0);
        settle();
      }
      socket.close();
    }
  }

  /** Closes the socket without a DISCONNECT. */
  public void vanish() {
    socket.close();
  }

  /** Runs until the condition holds. */
  public void awaitThat(BooleanSupplier condition, String what) {
    long deadline = now() + Patience.MILLIS;
    while (!holds(condition, deadline)) {
      if (now() > deadline) {
        throw new AssertionError("no " + what + " in time: " + peer);
      }
      live();
    }
  }

  /** Returns whether a condition holds; waits for it if another thread reads the socket. */
  private synchronized boolean holds(BooleanSupplier condition, long deadline) {
    try {
      while (background != null && !condition.getAsBoolean() && now() <= deadline) {
        wait(WAIT_MS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
    return condition.getAsBoolean();
  }

  /**
   * Answers the gateway from now on, until it is closed, while no method is called too. The thread
   * is the only one that reads the socket then: two readers can keep each other from it.
   */
  public synchronized void liveInBackground() {
    background =
        new Thread(
            () -> {
              while (!socket.isClosed()) {
                try {
                  live();
                } catch (UncheckedIOException e) {
                  if (!socket.isClosed()) {
                    throw e;
                  }
                }
              }
            },
            "enet");
    background.setDaemon(true);
    background.start();
  }

  /** Runs until a datagram is received or the socket times out. */
  public void live() {
    var packet = new DatagramPacket(new byte[4096], 4096);
    boolean came = true;
    try {
      socket.receive(packet);
    } catch (SocketTimeoutException e) {
      came = false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    synchronized (this) {
      if (came) {
        host.receive(
            Unpooled.wrappedBuffer(packet.getData(), 0, packet.getLength()),
            addressOf((InetSocketAddress) packet.getSocketAddress()),
            now());
      }
      host.advanceTo(now());
      settle();
      notifyAll();
    }
  }

  private synchronized void settle() {
    for (EnetEvent event; (event = host.pollEvent()) != null; ) {
      if (event instanceof EnetEvent.Received message) {
        received.add(
            new Received(decode(message.payload()), message.channel(), message.delivery()));
      } else if (event instanceof EnetEvent.Disconnected end) {
        ended = end;
      }
    }
    for (Transmit out; (out = host.pollTransmit(now())) != null; ) {
      byte[] bytes = ByteBufUtil.getBytes(out.datagram());
      out.datagram().release();
      try {
        socket.send(
            new DatagramPacket(bytes, bytes.length, (InetSocketAddress) out.address().origin()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static GeneratedMessage decode(byte[] bytes) {
    byte[] payload = Arrays.copyOfRange(bytes, 2, bytes.length);
    try {
      return switch ((bytes[0] & 0xFF) | (bytes[1] & 0xFF) << 8) {
        case ACK -> AckMessage.parseFrom(payload);
        case MESSAGE -> Message.parseFrom(payload);
        default -> throw new AssertionError("unknown frame type " + bytes[0]);
      };
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static PeerAddress addressOf(InetSocketAddress address) {
    return PeerAddress.of(address.getAddress().getAddress(), address.getPort(), address);
  }

  private static long now() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
  }
}
