package io.linkspan.storm;

import com.google.protobuf.InvalidProtocolBufferException;
import io.linkspan.api.Message;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Runs the clients of a storm on bare sockets, with good clients beside them. Used by one thread.
 * The round trips of the good clients include the time that this thread needs for the others.
 */
public final class StormLab implements AutoCloseable {

  private static final int SELECT_MS = 5;

  /** Links that are opened before the sockets are looked at again. */
  private static final int OPENED_AT_ONCE = 64;

  private static final int BUFFER = 64 * 1024;
  private static final int SLOW_RECEIVE_BUFFER = 4 * 1024;
  private static final int ACK_TYPE = 10;
  private static final int MESSAGE_TYPE = 11;
  private static final long SPREAD_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** An attempt to connect, or a beat of a link. */
  private record Due(long at, StormClient client, StormLink link) {}

  private final StormPlan plan;
  private final Selector selector;
  private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER);
  private final PriorityQueue<Due> timers = new PriorityQueue<>(Comparator.comparingLong(Due::at));
  private StormCounts counts = new StormCounts();
  private boolean begun;
  private int links;
  private int attemptsWaiting;
  private int open;

  /** Prepares the good clients, which connect over a second. */
  public StormLab(StormPlan plan) throws IOException {
    this.plan = plan;
    selector = Selector.open();
    schedule(StormKind.GOOD, true, plan.good(), 1);
  }

  /** Lets the clients of the kind connect, over a second. */
  public void begin() {
    begun = true;
    schedule(plan.kind(), false, plan.clients(), plan.kind().timers());
  }

  /** Returns whether the clients of the kind have begun. */
  public boolean hasBegun() {
    return begun;
  }

  private void schedule(StormKind kind, boolean beside, int clients, int each) {
    long now = System.nanoTime();
    long attempts = (long) clients * each;
    for (int i = 0; i < attempts; i++) {
      attempt(new StormClient(kind, beside, i % clients), now + i * SPREAD_NANOS / attempts);
    }
  }

  private void attempt(StormClient client, long at) {
    attemptsWaiting++;
    timers.add(new Due(at, client, null));
  }

  /** Does what is due and handles what has happened, for a few milliseconds. */
  public void turn() throws IOException {
    long now = System.nanoTime();
    for (int opened = 0; !timers.isEmpty() && timers.element().at() <= now; ) {
      if (timers.element().link() == null && ++opened > OPENED_AT_ONCE) {
        break;
      }
      due(timers.remove(), now);
    }
    selector.select(SELECT_MS);
    for (SelectionKey key : selector.selectedKeys()) {
      handle((StormLink) key.attachment());
    }
    selector.selectedKeys().clear();
  }

  private void due(Due due, long now) throws IOException {
    if (due.link() == null) {
      attemptsWaiting--;
      connect(due.client());
    } else if (due.link().state == StormLink.State.OPEN) {
      beat(due.link(), now);
    }
  }

  private void connect(StormClient client) throws IOException {
    if (!client.beside()) {
      counts.attempted();
    }
    links++;
    SocketChannel channel = SocketChannel.open();
    channel.configureBlocking(false);
    if (client.kind() == StormKind.SLOW_READER) {
      channel.setOption(StandardSocketOptions.SO_RCVBUF, SLOW_RECEIVE_BUFFER);
    }
    var link = new StormLink(client, channel, channel.register(selector, SelectionKey.OP_CONNECT));
    try {
      bind(link);
      channel.connect(plan.target());
    } catch (IOException e) {
      end(link, "connect failed");
    }
  }

  /** Gives each client of the kind an address of its own; those beside it share 127.0.0.1. */
  private void bind(StormLink link) throws IOException {
    if (link.client.beside() || plan.target().getAddress().getAddress().length != 4) {
      return;
    }
    int address = link.client.number() % plan.addresses();
    link.channel.bind(
        new InetSocketAddress("127.1." + address / 250 + '.' + (1 + address % 250), 0));
  }

  private void handle(StormLink link) throws IOException {
    try {
      if (link.key.isConnectable()) {
        link.channel.finishConnect();
        link.request(plan.pathOf(link.client.user()));
        return;
      }
      if (link.key.isWritable()) {
        link.flush();
      }
      if (link.key.isReadable()) {
        read(link, bytes.capacity());
      }
      if (link.state != StormLink.State.ENDED) {
        link.interest();
      }
    } catch (IOException e) {
      end(link, "reset");
    }
  }

  private void read(StormLink link, int most) throws IOException {
    bytes.clear().limit(Math.min(most, bytes.capacity()));
    int count = link.channel.read(bytes);
    bytes.flip();
    if (count < 0) {
      end(link, "closed");
      return;
    }
    if (link.state == StormLink.State.UPGRADING) {
      int status = link.readHead(bytes);
      if (status == 0) {
        return;
      }
      if (status != 101) {
        end(link, Integer.toString(status));
        return;
      }
      opened(link);
    }
    if (link.state == StormLink.State.OPEN) {
      link.frames.read(bytes, new Incoming(link));
    }
  }

  private void opened(StormLink link) throws IOException {
    link.state = StormLink.State.OPEN;
    if (!link.client.beside()) {
      counts.admitted();
      open++;
    }
    if (link.kind == StormKind.NO_BACK_OFF) {
      end(link, null);
    } else if (link.kind.talks()) {
      // Spread, so that the links do not beat together.
      long first = ThreadLocalRandom.current().nextLong(link.kind.beatNanos());
      timers.add(new Due(System.nanoTime() + first, link.client, link));
    }
  }

  private void beat(StormLink link, long now) throws IOException {
    timers.add(new Due(now + link.kind.beatNanos(), link.client, link));
    try {
      for (int i = 0; i < link.kind.messagesPerBeat() && link.hasRoom(); i++) {
        send(link);
      }
      if (link.kind == StormKind.SLOW_READER) {
        read(link, link.kind.bytesPerBeat());
      }
      if (link.state != StormLink.State.ENDED) {
        link.interest();
      }
    } catch (IOException e) {
      end(link, "reset");
    }
  }

  private void send(StormLink link) throws IOException {
    Message message =
        Message.newBuilder()
            .setEventId(link.nextEventId())
            .setTo("service:echo")
            .setBody("x".repeat(link.kind.bodyLength()))
            .build();
    byte[] encoded = message.toByteArray();
    byte[] frame = new byte[2 + encoded.length];
    frame[0] = MESSAGE_TYPE;
    System.arraycopy(encoded, 0, frame, 2, encoded.length);
    if (link.kind == StormKind.GOOD) {
      link.sentAt.add(System.nanoTime());
    }
    link.binary(frame);
  }

  /**
   * Ends a link, and schedules the attempts that follow.
   *
   * @param reason why the server refused or closed it; null when the client closed it
   */
  private void end(StormLink link, String reason) throws IOException {
    if (link.state == StormLink.State.ENDED) {
      return;
    }
    boolean wasOpen = link.state == StormLink.State.OPEN;
    link.state = StormLink.State.ENDED;
    link.key.cancel();
    link.channel.close();
    links--;
    if (link.client.beside()) {
      counts.goodLost();
    } else {
      open -= wasOpen ? 1 : 0;
      count(reason, wasOpen);
    }
    long due = System.nanoTime() + link.kind.retryNanos();
    if (link.kind == StormKind.GOOD) {
      attempt(link.client, due + ThreadLocalRandom.current().nextLong(SPREAD_NANOS));
      return;
    }
    for (int i = 0; i < link.kind.timers() && links + attemptsWaiting < plan.maxLinks(); i++) {
      attempt(link.client, due);
    }
  }

  private void count(String reason, boolean wasOpen) {
    if (reason != null && wasOpen) {
      counts.closed(reason);
    } else if (reason != null) {
      counts.refused(reason);
    }
  }

  /** Receives the frames of one link. */
  private final class Incoming implements ServerFrames.Events {

    private final StormLink link;

    Incoming(StormLink link) {
      this.link = link;
    }

    @Override
    public void binary(byte[] payload) {
      if (payload.length < 2 || payload[0] != MESSAGE_TYPE || payload[1] != 0) {
        count(payload.length >= 2 && payload[0] == ACK_TYPE ? "ack" : "other");
        return;
      }
      Message message;
      try {
        message = Message.parser().parseFrom(payload, 2, payload.length - 2);
      } catch (InvalidProtocolBufferException e) {
        count("other");
        counts.failed("unreadable");
        return;
      }
      Long sent = link.sentAt.poll();
      boolean isError = message.getType().equals("error");
      count(isError ? "error" : "message");
      if (isError) {
        counts.failed(code(message));
      } else if (sent != null) {
        counts.answered(System.nanoTime() - sent);
      }
    }

    /** Counts a frame that a client of the kind has received. */
    private void count(String frame) {
      if (!link.client.beside()) {
        counts.received(frame);
      }
    }

    private static String code(Message error) {
      try {
        return new JsonObject(error.getBody()).getString("code", "unknown");
      } catch (DecodeException | ClassCastException e) {
        return "unknown";
      }
    }

    @Override
    public void ping() {
      count("ping");
      try {
        link.pong();
      } catch (IOException e) {
        // The selector reports the end of the link.
        counts.failed("unanswered ping");
      }
    }

    @Override
    public void closed(int code) {
      count("close");
      try {
        end(link, Integer.toString(code));
      } catch (IOException e) {
        // The close of a socket that is closed already.
        counts.failed("close");
      }
    }
  }

  /** Returns what was counted since the last call. */
  public StormCounts takeCounts() {
    StormCounts taken = counts;
    counts = new StormCounts();
    return taken;
  }

  /** Returns how many links of the kind are open. */
  public int open() {
    return open;
  }

  @Override
  public void close() throws IOException {
    for (SelectionKey key : selector.keys()) {
      key.channel().close();
    }
    selector.close();
  }
}
